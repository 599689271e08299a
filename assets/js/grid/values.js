// Between what a cell holds and the text that stands in an editor, on the clipboard, and in a spreadsheet.

const NUMBERS = new Set(["number", "decimal"]);

export function toText(value, field, labels = {}) {
  if (value === null || value === undefined) return "";
  if (field.cell === "reference") return String(labels[field.references]?.[value] ?? value);
  if (field.cell === "boolean") return value ? "Yes" : "No";
  if (field.cell === "file") return value.name ?? "";
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function fromText(text, field) {
  // What is no value of the field goes to the engine as it is, whose answer says what is wrong with it.
  const words = text.trim();
  if (!words) return null;
  if (NUMBERS.has(field.cell)) return plainNumber(words, field);
  if (field.cell === "badge") return field.options?.find((option) => option.toLowerCase() === words.toLowerCase()) ?? words;
  if (field.cell === "json") return parsed(words);
  return field.cell === "date" || field.cell === "timestamp" ? moment(words, field) : text;
}

function plainNumber(words, field) {
  const bare = words.replace(field.currency || "\u0000", "").replace(field.unit || "\u0000", "").replace(/[\s\u00a0\u202f']/g, "");
  const comma = /^[+-]?\d{1,3}(\.\d{3})*,\d+$|^[+-]?\d+,\d{1,2}$/.test(bare);
  return comma ? bare.replaceAll(".", "").replace(",", ".") : bare.replace(/,(?=\d{3}(\D|$))/g, "");
}

function parsed(words) {
  try {
    return JSON.parse(words);
  } catch {
    return words;
  }
}

function moment(words, field) {
  if (field.cell === "date") {
    const day = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(words);
    return day ? `${day[3]}-${day[2].padStart(2, "0")}-${day[1].padStart(2, "0")}` : words;
  }
  if (/(Z|[+-]\d\d:?\d\d)$/i.test(words)) return words;
  const then = new Date(words);
  return Number.isNaN(then.getTime()) ? words : then.toISOString();
}

export function same(one, other) {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

export function writeTable(rows) {
  return rows.map((row) => row.map(quoted).join("\t")).join("\n");
}

function quoted(text) {
  return /["\t\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function readTable(text) {
  // As spreadsheets write it: tabs between cells, quotes around those that hold tabs or lines.
  const rows = [[]];
  const pattern = /("(?:[^"]|"")*"(?=\t|\r?\n|$)|[^\t\r\n]*)(\t|\r?\n|$)/gy;
  const whole = text.replace(/\r?\n$/, "");
  for (let match = pattern.exec(whole); match; match = pattern.exec(whole)) {
    const [, cell, end] = match;
    rows.at(-1).push(cell.startsWith('"') && cell.length > 1 && cell.endsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (!end) break;
    if (end !== "\t") rows.push([]);
  }
  return rows;
}

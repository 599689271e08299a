// What a file to import is, judged by its beginning: kind, encoding, delimiter, columns and first rows.

const BEGINNING = 256 * 1024;
const ROWS = 3;
export const DELIMITERS = [[",", "Comma"], [";", "Semicolon"], ["\t", "Tab"], ["|", "Bar"]];
export const ENCODINGS = [["utf-8", "UTF-8"], ["utf-16", "UTF-16"], ["windows-1252", "Windows-1252"], ["iso-8859-15", "ISO-8859-15"]];
export const KINDS = {
  csv: { title: "CSV", type: "text/csv" },
  json: { title: "JSON", type: "application/json" },
  jsonl: { title: "JSON lines", type: "application/x-ndjson" },
};
const ENDINGS = { csv: "csv", tsv: "csv", txt: "csv", json: "json", jsonl: "jsonl", ndjson: "jsonl" };

export async function lookInto(file, known, { encoding, delimiter } = {}) {
  const beginning = new Uint8Array(await file.slice(0, BEGINNING).arrayBuffer());
  const read = encoding || encodingOf(beginning);
  const text = new TextDecoder(read).decode(beginning, { stream: true });
  const kind = kindOf(file.name, text);
  const found = { kind, encoding: read, delimiter: "" };
  return kind === "csv" ? { ...found, ...tableOf(text, known, delimiter) } : { ...found, ...objectsOf(text, kind) };
}

function encodingOf(bytes) {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return "utf-16";
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return "utf-8";
  } catch {
    return "windows-1252";
  }
}

function kindOf(name, text) {
  const ending = ENDINGS[name.toLowerCase().split(".").pop()];
  if (ending) return ending;
  return { "[": "json", "{": "jsonl" }[text.trimStart()[0]] ?? "csv";
}

function tableOf(text, known, asked) {
  const said = /^sep=(.)\r?\n/.exec(text); // Excel says so what the delimiter is
  const begin = said ? said[0].length : 0;
  const delimiters = asked ? [asked] : said ? [said[1]] : DELIMITERS.map(([one]) => one);
  const tries = delimiters.flatMap((one) => ['"', "'"].map((quote) => ({ delimiter: one, rows: rowsOf(text, begin, one, quote) })));
  const best = tries.reduce((first, one) => (fit(one.rows[0], known) > fit(first.rows[0], known) ? one : first));
  const [header = [], ...rows] = best.rows;
  const columns = header.map((name, place) => ({ name: name.trim(), samples: rows.map((row) => row[place] ?? "") }));
  return { delimiter: best.delimiter, columns };
}

function fit(header = [], known) {
  return header.filter((name) => known(name.trim())).length * 10_000 + header.length;
}

function rowsOf(text, begin, delimiter, quote) {
  // The header and the first rows; cells in quotes may hold delimiters, line breaks, and quotes written twice.
  const rows = [];
  let row = [], cell = "", quoted = false;
  for (let at = begin; at < text.length && rows.length <= ROWS; at += 1) {
    const sign = text[at];
    if (quoted) {
      if (sign !== quote) cell += sign;
      else if (text[at + 1] === quote) cell += text[(at += 1)];
      else quoted = false;
    } else if (sign === quote && !cell) quoted = true;
    else if (sign === delimiter) cell = row.push(cell) && "";
    else if (sign === "\n" || sign === "\r") {
      if (row.length || cell) rows.push([...row, cell]);
      row = [];
      cell = "";
    } else cell += sign;
  }
  if (rows.length <= ROWS && (row.length || cell)) rows.push([...row, cell]);
  return rows;
}

function objectsOf(text, kind) {
  const objects = firstObjects(text, kind === "json" ? text.indexOf("[") + 1 : 0);
  const names = [...new Set(objects.flatMap((one) => Object.keys(one)))];
  return { columns: names.map((name) => ({ name, samples: objects.map((one) => shown(one[name])) })) };
}

function shown(value) {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "";
}

function firstObjects(text, begin) {
  const objects = [];
  let depth = 0, start = 0, inText = false;
  for (let at = begin; at < text.length && objects.length < ROWS; at += 1) {
    const sign = text[at];
    if (inText) {
      if (sign === "\\") at += 1;
      else inText = sign !== '"';
    } else if (sign === '"') inText = true;
    else if ("{[".includes(sign) && (depth += 1) === 1) start = at;
    else if ("}]".includes(sign) && (depth -= 1) === 0) objects.push(parsed(text.slice(start, at + 1)));
    if (depth < 0) break;
  }
  return objects.filter((one) => one && typeof one === "object" && !Array.isArray(one));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // the server says where it is wrong
  }
}

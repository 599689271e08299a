// Between the expression language of the engine and the conditions of the filter builder; what is too free stays text.

const COMPARED = { is: "=", "is not": "<>", "less than": "<", "at most": "<=", "more than": ">", "at least": ">=" };
const SIGNS = Object.fromEntries(Object.entries(COMPARED).map(([word, sign]) => [sign, word]));
const BARE = new Set(["number", "decimal", "duration"]);
const ORDER = ["is", "is not", "less than", "at most", "more than", "at least"];

export function operatorsOf(field) {
  if (field.cell === "boolean") return ["is yes", "is no", "is empty", "is not empty"];
  const empty = ["is empty", "is not empty"];
  if (field.options || field.references || field.cell === "id") return ["is", "is not", "is one of", ...empty];
  if (BARE.has(field.cell) || ["date", "timestamp", "time"].includes(field.cell)) return [...ORDER, ...empty];
  return ["contains", "begins with", "is", "is not", ...empty];
}

export function usable(field) {
  return !["badges", "list", "json", "file"].includes(field.cell);
}

export function needsValue(operator) {
  return !operator.startsWith("is empty") && !operator.startsWith("is not empty") && operator !== "is yes" && operator !== "is no";
}

export function write({ match, conditions }, fields) {
  const parts = conditions.map((part) => (part.conditions ? grouped(write(part, fields)) : condition(part, fields.get(part.field)))).filter(Boolean);
  return parts.join(` ${match} `);
}

function grouped(text) {
  return text && `(${text})`;
}

function condition({ field: name, operator, value }, field) {
  if (!field || (needsValue(operator) && !String(value ?? "").trim())) return "";
  if (operator in COMPARED) return `${name} ${COMPARED[operator]} ${literal(value, field)}`;
  if (operator === "is one of") return `${name} IN (${value.split(",").map((part) => literal(part.trim(), field)).join(", ")})`;
  if (operator === "contains") return `contains(lower(${name}), ${quoted(value.toLowerCase())})`;
  if (operator === "begins with") return `starts_with(lower(${name}), ${quoted(value.toLowerCase())})`;
  return { "is empty": `${name} IS NULL`, "is not empty": `${name} IS NOT NULL`, "is yes": `${name} = true`, "is no": `${name} = false` }[operator];
}

function literal(value, field) {
  const text = String(value).trim();
  return BARE.has(field.cell) && /^-?\d+(\.\d+)?$/.test(text) ? text : quoted(text);
}

function quoted(text) {
  return /^@(today|now|user\.(id|name))$/.test(text) ? text : `'${text.replaceAll("'", "''")}'`;
}

export function read(text, fields) {
  // The conditions that a text says, or null where the builder has no words for it.
  if (!text.trim()) return { match: "AND", conditions: [] };
  for (const match of ["OR", "AND"]) {
    const parts = split(text, match);
    if (parts === null) return null;
    if (parts.length > 1 || match === "AND") {
      const conditions = parts.map((part) => one(part.trim(), fields));
      return conditions.every(Boolean) ? { match, conditions } : null;
    }
  }
  return null;
}

function one(text, fields) {
  if (text.startsWith("(") && text.endsWith(")")) return read(text.slice(1, -1), fields);
  const called = /^(contains|starts_with)\(lower\((\w+)\), '((?:[^']|'')*)'\)$/.exec(text);
  if (called) return known({ field: called[2], operator: called[1] === "contains" ? "contains" : "begins with", value: plain(called[3]) }, fields);
  const empty = /^(\w+) IS (NOT )?NULL$/i.exec(text);
  if (empty) return known({ field: empty[1], operator: empty[2] ? "is not empty" : "is empty", value: "" }, fields);
  const truth = /^(\w+) = (true|false)$/i.exec(text);
  if (truth) return known({ field: truth[1], operator: truth[2].toLowerCase() === "true" ? "is yes" : "is no", value: "" }, fields);
  const among = /^(\w+) IN \(((?:'(?:[^']|'')*'|[\d.-]+)(?:, ?(?:'(?:[^']|'')*'|[\d.-]+))*)\)$/i.exec(text);
  if (among && !/'[^']*,[^']*'/.test(among[2])) return known({ field: among[1], operator: "is one of", value: among[2].split(",").map((part) => bare(part.trim())).join(", ") }, fields);
  const compared = /^(\w+) (=|<>|<=|>=|<|>) ('(?:[^']|'')*'|-?\d+(?:\.\d+)?|@[\w.]+)$/.exec(text);
  return compared ? known({ field: compared[1], operator: SIGNS[compared[2]], value: bare(compared[3]) }, fields) : null;
}

function known(found, fields) {
  const field = fields.get(found.field);
  return field && usable(field) && operatorsOf(field).includes(found.operator) ? found : null;
}

function bare(text) {
  return text.startsWith("'") ? plain(text.slice(1, -1)) : text;
}

function plain(text) {
  return text.replaceAll("''", "'");
}

function split(text, word) {
  // At the word, where it stands neither in quotes nor in brackets; null where these do not come out even.
  const parts = [""];
  let depth = 0;
  for (const piece of text.match(/'(?:[^']|'')*'|\(|\)|\s+(?:AND|OR)\s+|./gis) ?? []) {
    if (piece === "(") depth += 1;
    if (piece === ")") depth -= 1;
    if (depth < 0 || piece === "'") return null;
    if (depth === 0 && piece.trim().toUpperCase() === word) parts.push("");
    else parts[parts.length - 1] += piece;
  }
  return depth ? null : parts;
}

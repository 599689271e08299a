// The parts of the import dialog: what the file is and which column is which field; what would happen, or what is wrong.

import { bytes, cell, node, pill, plain, row, save } from "./dom.js";
import { DELIMITERS, ENCODINGS, KINDS } from "./import_file.js";

const SHOWN = 10;
const MODES = [
  ["create", "Add new records"],
  ["update", "Change records that are there"],
  ["upsert", "Change those that are there, add the others"],
];
const numbers = new Intl.NumberFormat();

export function chooseFile(onFile) {
  const input = node("input", { type: "file", className: "field-input", accept: ".csv,.tsv,.txt,.json,.jsonl,.ndjson", "aria-label": "File" });
  input.addEventListener("change", () => input.files[0] && onFile(input.files[0]));
  const zone = node("div", { className: "drop" }, node("p", { text: "Drop a CSV, JSON or JSON lines file here, or choose one." }), input);
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (event.dataTransfer.files[0]) onFile(event.dataTransfer.files[0]);
  });
  return zone;
}

export function fileFacts(state, onChange) {
  const isTable = state.found.kind === "csv";
  return node(
    "div",
    { className: "choices" },
    node("span", {}, node("b", { text: state.file.name }), node("span", { className: "muted", text: ` ${bytes(state.file.size)}, ${KINDS[state.found.kind].title}` })),
    labelled("Encoding", choice(ENCODINGS, state.found.encoding, (encoding) => onChange({ encoding }))),
    ...(isTable ? [labelled("Delimiter", choice(DELIMITERS, state.found.delimiter, (delimiter) => onChange({ encoding: state.found.encoding, delimiter })))] : []),
    ...(isTable ? [labelled("Text for no value", text(state.nothing, (value) => (state.nothing = value)))] : []),
  );
}

export function mappingTable(state, fields) {
  const options = [["", "Leave out"], ...fields.map((field) => [field.name, field.required ? `${field.title} *` : field.title])];
  const note = node("p", { className: "muted", role: "status", text: lacking(state, fields) });
  const rows = state.found.columns.map(({ name, samples }) => {
    const select = choice(options, state.mapping.get(name) ?? "", (field) => {
      state.mapping.set(name, field);
      note.textContent = lacking(state, fields);
    });
    select.setAttribute("aria-label", `Field for ${name}`);
    return row([name, node("td", {}, select), cell(samples.join(" · "), "tight muted")]);
  });
  return node("div", { className: "stack" }, tableOf("Columns of the file", ["Column", "Field", "First values"], rows), note);
}

function lacking(state, fields) {
  const mapped = new Set(state.mapping.values());
  const titles = fields.filter((field) => field.required && !mapped.has(field.name)).map((field) => field.title);
  return titles.length ? `No column yet for ${titles.join(", ")}, which new records need.` : "";
}

function tableOf(label, titles, rows) {
  const head = node("thead", {}, node("tr", {}, ...titles.map((title) => node("th", { text: title }))));
  return node("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": label }, node("table", { className: "table" }, ...(titles.length ? [head] : []), node("tbody", {}, ...rows)));
}

export function modeChoice(state, fields, keyTitle) {
  const keys = [["", keyTitle], ...fields.filter((field) => field.unique).map((field) => [field.name, field.title])];
  const by = choice(keys, state.by, (value) => (state.by = value));
  by.disabled = state.mode === "create";
  const mode = choice(MODES, state.mode, (value) => {
    state.mode = value;
    by.disabled = value === "create";
    by.value = state.by = state.by || likelyKey(state, fields);
  });
  return node("div", { className: "choices" }, labelled("What to do", mode), labelled("Recognise records by", by));
}

function likelyKey(state, fields) {
  const mapped = new Set(state.mapping.values());
  return mapped.has("id") ? "" : (fields.find((field) => field.unique && mapped.has(field.name))?.name ?? "");
}

export function preview(result, fields) {
  const titles = Object.fromEntries(fields.map((field) => [field.name, field.title]));
  const counts = [["create", "new", "good"], ["update", "changed", "brand-soft"], ["unchanged", "unchanged", ""]];
  const pills = counts.map(([name, word, kind]) => pill(`${numbers.format(result[name])} ${word}`, result[name] ? kind : ""));
  const telling = result.changes.toSorted((one, other) => !one.before - !other.before);
  const samples = telling.slice(0, SHOWN).map((change) => row([pill(change.before ? "changed" : "new"), node("td", { className: "differences" }, ...differences(change, titles))]));
  return node("div", { className: "stack" }, node("div", { className: "choices" }, ...pills), ...(samples.length ? [node("p", { className: "muted", text: "For example:" }), tableOf("Examples", [], samples)] : []));
}

function differences({ before, after }, titles) {
  const names = Object.keys(titles).filter((name) => name in after && plain(after[name]) !== plain(before?.[name]));
  return names.map((name) =>
    node("span", {}, node("span", { className: "muted", text: `${titles[name]}: ` }), ...(before ? [node("del", { text: plain(before[name]) }), " → "] : []), node("ins", { text: plain(after[name]) })),
  );
}

export function rowErrors(problem, name) {
  const rows = problem.row_errors.map((one) => row([cell(numbers.format(one.row), "number"), one.field || "–", one.message]));
  const table = tableOf("What is wrong", ["Row", "Field", "What is wrong"], rows);
  const more = problem.row_error_count - rows.length;
  return node(
    "div",
    { className: "stack" },
    table,
    ...(more > 0 ? [node("p", { className: "muted", text: `And ${numbers.format(more)} more.` })] : []),
    node("button", { type: "button", className: "button", text: "Download this list", onclick: () => save(new Response(asCsv(problem.row_errors)), `${name}-errors.csv`) }),
  );
}

function asCsv(errors) {
  const lines = errors.map((one) => [one.row, one.line, one.field, one.message].map(quoted).join(","));
  return ["row,line,field,message", ...lines, ""].join("\r\n");
}

function quoted(value) {
  // A spreadsheet must not compute what came out of a file.
  return `"${String(value).replace(/^(?=[=+\-@\t\r])/, "'").replaceAll('"', '""')}"`;
}

function labelled(title, control) {
  return node("label", { className: "labelled" }, title, control);
}

function choice(options, value, onChange) {
  const select = node("select", { className: "field-input", onchange: () => onChange(select.value) }, ...options.map(([one, title]) => new Option(title, one)));
  select.value = value;
  return select;
}

function text(value, onChange) {
  const input = node("input", { className: "field-input short", value, placeholder: "empty", oninput: () => onChange(input.value) });
  return input;
}

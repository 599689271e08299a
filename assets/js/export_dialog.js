// Exporting a list: which format, which columns, which records; the browser itself fetches the file by a link.

import { button, dialog, node } from "./dom.js";

const FORMATS = [
  ["csv", "CSV", "Any spreadsheet and program reads it; what might be computed as a formula is kept as text."],
  ["xlsx", "Excel", "A sheet with typed cells, up to a million rows."],
  ["json", "JSON", "One list of records, as the API shows them."],
  ["jsonl", "JSON lines", "A record in each line, for programs that read piece by piece."],
  ["parquet", "Parquet", "Columns with their types, small and fast, for analysis."],
];
const PART_OF_A_PAGE = new Set(["limit", "offset", "cursor", "count", "labels", "fields", "expand"]);
const NARROWS = (name) => name !== "sort" && name !== "as_of";
const numbers = new Intl.NumberFormat();

export function openExport({ entity, title, parameters, columns, total }) {
  const asked = parameters.filter(([name]) => !PART_OF_A_PAGE.has(name));
  const filtered = asked.some(([name]) => NARROWS(name));
  const form = node("form", { className: "stack" });
  const said = node("p", { className: "muted", role: "status" });
  const link = node("a", { className: "button primary", text: "Download", download: "" });
  const update = () => {
    const chosen = Object.fromEntries(new FormData(form));
    link.href = addressOf(entity, chosen, asked, columns);
    said.textContent = howMany(chosen, total);
  };
  form.append(
    group("Format", "format", FORMATS),
    group("Columns", "columns", [["shown", "The columns shown", columns.join(", ")], ["all", "All fields", ""]]),
    ...(filtered ? [group("Records", "records", [["filtered", "Those that the list shows", describe(asked)], ["all", "Everything", "Without filter and search."]])] : []),
  );
  form.addEventListener("change", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  const box = dialog(`Export ${title}`, form, said, node("div", { className: "form-foot" }, node("span", { className: "gap" }), button("Close", () => box.close()), link));
  box.classList.add("wide");
  link.addEventListener("click", () => setTimeout(() => box.close())); // once the browser has followed the link
  update();
  return box;
}

function group(title, name, options) {
  const choices = options.map(([value, label, words], place) =>
    node(
      "label",
      { className: "option" },
      node("input", { type: "radio", name, value, checked: place === 0 }),
      node("span", {}, node("b", { text: label }), ...(words ? [node("small", { className: "muted", text: words })] : [])),
    ),
  );
  return node("fieldset", { className: "options" }, node("legend", { text: title }), ...choices);
}

function addressOf(entity, { format, columns: which, records }, asked, columns) {
  const kept = records === "all" ? asked.filter(([name]) => !NARROWS(name)) : asked;
  const query = new URLSearchParams(kept);
  if (which === "shown") query.set("fields", columns.join(","));
  if (format === "csv") query.set("bom", "true"); // so that spreadsheets take it for UTF-8
  return `/api/${encodeURIComponent(entity)}/export.${format}?${query}`;
}

function describe(asked) {
  return asked.filter(([name]) => NARROWS(name)).map(([name, value]) => (name === "filter" ? value : `${name}: ${value}`)).join("; ");
}

function howMany({ records }, total) {
  if (records === "all") return "All records that you may read.";
  return total === undefined || total === null ? "" : `${numbers.format(total)} ${total === 1 ? "row" : "rows"}`;
}

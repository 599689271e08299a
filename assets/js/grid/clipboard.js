// Copy, cut, paste, fill and clear: between ranges, and from and to spreadsheets.

import { toClipboard } from "../dom.js";
import { request } from "../http.js";
import { toast } from "../toast.js";
import { confirm } from "./confirm.js";
import { fromText, readTable, toText, writeTable } from "./values.js";

const MOST = 20_000;

export function createClipboard({ box, grid, range, rows, fields, labels, saving, creatable }) {
  const editing = (event) => event.target.closest?.("input, textarea, select, dialog") || !range.bounds();

  async function records(top, bottom) {
    const shown = [];
    for (let row = top; row <= bottom; row += 1) shown.push(grid.getDisplayedRowAtIndex(row)?.data);
    return shown.every(Boolean) ? shown : rows.between(top, bottom + 1);
  }

  async function copy() {
    const bounds = range.bounds();
    if (tooMany(bounds)) return;
    const found = await records(bounds.top, bounds.bottom);
    const table = found.map((record) => bounds.columns.map((name) => toText(record[name], fields.get(name), labels)));
    await toClipboard(writeTable(table));
    toast(`Copied ${counted(found.length, "row")} of ${counted(bounds.columns.length, "column")}`);
  }

  async function put(table) {
    const bounds = fitted(range.bounds(), table);
    if (tooMany(bounds)) return;
    const all = grid.getAllDisplayedColumns().map((column) => column.getColId()).filter((name) => fields.has(name));
    const start = all.indexOf(bounds.columns[0]);
    const width = Math.max(bounds.columns.length, ...table.map((row) => row.length));
    const names = all.slice(start, start + width).map((name) => (fields.get(name).editable ? name : null));
    if (!names.some(Boolean)) return toast("These columns cannot be changed", { bad: true });
    await resolveLabels(table, names.map((name) => fields.get(name)), labels);
    const values = (number) => Object.fromEntries(names.map((name, index) => [name, cellOf(table, number, index)]).filter(([name, text]) => name && text !== undefined).map(([name, text]) => [name, valueOf(text, fields.get(name), labels)]));
    const last = Math.min(bounds.bottom, grid.getDisplayedRowCount() - 1);
    const found = await records(bounds.top, last);
    const create = [];
    for (let row = last + 1; row <= bounds.bottom; row += 1) create.push(values(row - bounds.top));
    if (create.length && !(creatable && (await confirm(`Add ${counted(create.length, "record")}?`, "What you paste goes on below the last row.", "Add")))) create.length = 0;
    range.start(bounds.top, bounds.columns[0]);
    range.stretch(last, names.length > 1 ? all[Math.min(start + width, all.length) - 1] : bounds.columns[0]);
    await saving.save(found.map((record, index) => ({ record, values: values(index) })), { create }).catch(() => {});
  }

  async function fill({ top, bottom, columns }, from, to) {
    if (tooMany({ top, bottom: to }) || to < from) return;
    const [first, found] = [await records(top, bottom), await records(from, to)];
    const names = columns.filter((name) => fields.get(name).editable);
    const updates = found.map((record, index) => ({ record, values: Object.fromEntries(names.map((name) => [name, first[index % first.length][name] ?? null])) }));
    await saving.save(updates).catch(() => {});
  }

  async function clear() {
    const bounds = range.bounds();
    if (tooMany(bounds)) return;
    const names = bounds.columns.filter((name) => fields.get(name).editable);
    if (!names.length) return;
    const found = await records(bounds.top, bounds.bottom);
    await saving.save(found.map((record) => ({ record, values: Object.fromEntries(names.map((name) => [name, null])) }))).catch(() => {});
  }

  listen(box, { editing, copy, put, clear });
  return { fill, clear, fillDown: () => fillDown(range.bounds(), fill) };
}

function tooMany({ top, bottom }) {
  if (bottom - top < MOST) return false;
  toast(`Choose at most ${new Intl.NumberFormat().format(MOST)} rows; Edit and Export take all of them`, { bad: true });
  return true;
}

function listen(box, { editing, copy, put, clear }) {
  const on = (name, work) =>
    document.addEventListener(name, (event) => {
      if (editing(event) || !box.contains(document.activeElement)) return;
      event.preventDefault();
      Promise.resolve(work(event)).catch((error) => toast(error.message, { bad: true }));
    });
  on("copy", copy);
  on("cut", async () => {
    await copy();
    await clear();
  });
  on("paste", (event) => put(readTable(event.clipboardData.getData("text/plain"))));
}

function fillDown(bounds, fill) {
  if (bounds && bounds.bottom > bounds.top) return fill({ ...bounds, bottom: bounds.top }, bounds.top + 1, bounds.bottom);
  return toast("Choose the cell to copy from and those below it first");
}

function fitted(bounds, table) {
  // A range that is larger than what is pasted is filled with it over and over, if it comes out even.
  const height = bounds.bottom - bounds.top + 1;
  const fits = height % table.length === 0;
  return { ...bounds, bottom: bounds.top + (fits ? height : table.length) - 1 };
}

function cellOf(table, row, column) {
  const line = table[row % table.length];
  return line.length === 1 && table.length === 1 ? line[0] : line[column];
}

function valueOf(text, field, labels) {
  if (field.cell !== "reference") return fromText(text, field);
  const known = Object.entries(labels[field.references] ?? {}).find(([, label]) => label === text.trim());
  return known ? known[0] : text.trim() || null;
}

async function resolveLabels(table, chosen, labels) {
  for (const [column, field] of chosen.entries()) {
    if (field?.cell !== "reference") continue;
    const known = new Set(Object.values(labels[field.references] ?? {}));
    const words = new Set(table.map((row) => (row.length === 1 ? row[0] : row[column])?.trim()).filter((text) => text && !known.has(text)));
    for (const word of [...words].slice(0, 200)) {
      const { records } = await request(`/api/${field.references}?${new URLSearchParams({ [field.display]: word, limit: 1, count: "none" })}`);
      if (records[0]) labels[field.references] = { ...labels[field.references], [records[0][field.key] ?? records[0].id]: word };
    }
  }
}

function counted(count, word) {
  return `${new Intl.NumberFormat().format(count)} ${word}${count === 1 ? "" : "s"}`;
}

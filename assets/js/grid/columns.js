// The columns: which are shown, in what order, how wide, on which side, with what total beneath; by dialog and by mouse.

import { button, dialog, node } from "../dom.js";
import { column } from "../cells.js";
import { totalText } from "./footer.js";
import { editorOf } from "./editors.js";

const TOTALS = { "": "No total", sum: "Sum", avg: "Average", min: "Smallest", max: "Largest", count: "Filled", distinct: "Different" };
const SUMMED = new Set(["number", "decimal", "duration"]);
const ORDERED = new Set([...SUMMED, "date", "timestamp", "time"]);

export function definitions(fields, { labels, rowHead, editable }) {
  const made = fields.map((field) => ({
    ...withTotal(column(field, labels), field, labels),
    width: widthOf(field),
    minWidth: 60,
    initialFlex: undefined,
    initialHide: !field.listed,
    editable: (place) => editable && field.editable && Boolean(place.data) && !place.node.rowPinned,
    ...editorOf(field, labels),
    cellClassRules: { closed: () => editable && !field.editable },
  }));
  return [rowHead, ...made];
}

function withTotal(definition, field, labels) {
  // The row of totals holds numbers and what they are, not values of the field.
  const { valueFormatter, cellRenderer, ...rest } = definition;
  const shown = (place) => (place.node?.rowPinned ? totalText(place.value, field, labels) : valueFormatter(place));
  const selector = cellRenderer && ((place) => (place.node.rowPinned ? undefined : { component: cellRenderer }));
  return { ...rest, valueFormatter: shown, cellRendererSelector: selector };
}

function widthOf({ cell }) {
  if (cell === "text" || cell === "markdown" || cell === "json") return 220;
  if (cell === "email" || cell === "url" || cell === "reference") return 200;
  return cell === "boolean" ? 100 : 150;
}

export function sortOf({ name, sort }) {
  // Foreign keys are sorted by the names that they are shown by, where one may read those.
  return sort ?? name;
}

export function arrange(grid, fields, { columns, sort }) {
  // What the view does not say is as the config has it.
  const order = sort ? sort.split(",") : [];
  const sorts = new Map(fields.map((field) => [field.name, sortOf(field)]));
  const sorting = (name) => {
    const place = order.findIndex((part) => part.replace("-", "") === sorts.get(name));
    return place < 0 ? { sort: null, sortIndex: null } : { sort: order[place].startsWith("-") ? "desc" : "asc", sortIndex: place };
  };
  const shown = columns ?? fields.filter(({ listed }) => listed).map(({ name }) => ({ name }));
  const names = new Set(shown.map(({ name }) => name));
  const rest = fields.filter(({ name }) => !names.has(name));
  const state = [
    { colId: "row-head", pinned: "left" },
    ...shown.map(({ name, width, pin }) => Object.assign(sorting(name), { colId: name, hide: false, pinned: pin ?? null }, width ? { width } : {})),
    ...rest.map(({ name }) => Object.assign(sorting(name), { colId: name, hide: true, pinned: null })),
  ];
  grid.applyColumnState({ state, applyOrder: true });
}

export function arranged(grid, fields) {
  // The columns as the view keeps them, or nothing where they are as the config has them.
  const widths = new Map(fields.map((field) => [field.name, widthOf(field)]));
  const shown = grid.getColumnState().filter(({ colId, hide }) => widths.has(colId) && !hide);
  const columns = shown.map(({ colId, width, pinned }) => ({ name: colId, width: width === widths.get(colId) ? undefined : width, pin: pinned ?? undefined }));
  const usual = fields.filter(({ listed }) => listed).map(({ name }) => name);
  const plain = columns.every(({ width, pin }) => !width && !pin) && columns.map(({ name }) => name).join() === usual.join();
  return plain ? null : columns;
}

export function openColumns({ grid, fields, view, onArranged }) {
  const list = node("ul", { className: "column-list" });
  const byName = new Map(fields.map((field) => [field.name, field]));

  function render() {
    const state = grid.getColumnState().filter(({ colId }) => byName.has(colId));
    list.replaceChildren(...state.map((one, index) => line(byName.get(one.colId), one, index)));
  }

  function change(work) {
    work();
    onArranged();
    const focused = document.activeElement?.dataset.key;
    render();
    list.querySelector(`[data-key="${focused}"]`)?.focus();
  }

  function line(field, { colId, hide, pinned }, index) {
    const shown = node("input", { type: "checkbox", checked: !hide, onchange: () => change(() => grid.setColumnsVisible([colId], hide)) });
    shown.dataset.key = `show-${colId}`;
    const move = (by, word) => tool(`${word} ${field.title}`, word === "Up" ? "arrow_upward" : "arrow_downward", `${word}-${colId}`, () => change(() => moveBy(grid, colId, by)));
    const pin = tool(`${pinned ? "Unpin" : "Pin"} ${field.title}`, "push_pin", `pin-${colId}`, () => change(() => grid.setColumnsPinned([colId], pinned ? null : "left")));
    pin.setAttribute("aria-pressed", String(Boolean(pinned)));
    return node("li", { className: index ? "" : "first" }, node("label", { className: "pick" }, shown, field.title), node("span", { className: "gap" }), total(field, view), pin, move(-1, "Up"), move(1, "Down"));
  }

  render();
  const reset = button("As in the config", () => change(() => arrange(grid, fields, { columns: null, sort: view.state.sort })));
  const box = dialog("Columns", list, node("div", { className: "form-foot" }, reset, node("span", { className: "gap" }), button("Done", () => box.close(), "primary")));
}

function total(field, view) {
  const usable = Object.entries(TOTALS).filter(([name]) => !name || ["count", "distinct"].includes(name) || (ORDERED.has(field.cell) && (SUMMED.has(field.cell) || !["sum", "avg"].includes(name))));
  const select = node("select", { className: "field-input", "aria-label": `Total of ${field.title}` }, ...usable.map(([name, label]) => new Option(label, name)));
  select.value = view.state.totals[field.name] ?? "";
  select.addEventListener("change", () => {
    const totals = { ...view.state.totals, [field.name]: select.value };
    if (!select.value) delete totals[field.name];
    view.set({ totals });
  });
  return select;
}

function moveBy(grid, name, by) {
  const all = grid.getColumnState().map(({ colId }) => colId);
  grid.moveColumns([name], Math.max(1, Math.min(all.indexOf(name) + by, all.length - 1)));
}

function tool(label, icon, key, onclick) {
  const made = node("button", { type: "button", className: "button quiet", "aria-label": label, title: label, onclick }, node("span", { className: "icon", text: icon, "aria-hidden": "true" }));
  made.dataset.key = key;
  return made;
}

// The filters that the config names for a list, above its grid.

import { later, node } from "./dom.js";

const RANGES = { number: "number", decimal: "number", time: "time", duration: "text", date: "date", timestamp: "date" };
const OPERATORS = { reference: "eq", id: "eq", list: "has" };
const YES_OR_NO = [["true", "Yes"], ["false", "No"]];

export function buildFilters(bar, fields, onChange) {
  const values = new Map();
  const set = (parameter, value) => {
    if (value) values.set(parameter, value);
    else values.delete(parameter);
    onChange();
  };
  for (const field of fields) bar.append(...controls(field, set));
  return {
    parameters: () => [...values],
    show(parameters) {
      // What the address says, without asking for it again.
      values.clear();
      for (const [name, value] of parameters) values.set(name, value);
      for (const control of bar.querySelectorAll("[data-parameter]")) {
        const value = values.get(control.dataset.parameter) ?? "";
        control.value = control.type === "date" && value.length > 10 ? localDay(value) : value;
      }
    },
  };
}

function controls(field, set) {
  const options = field.cell === "boolean" ? YES_OR_NO : field.options?.map((value) => [value, value]);
  if (options) return [choice(field.title, field.cell === "badges" ? `${field.name}[has]` : field.name, options, set)];
  if (!(field.cell in RANGES)) return [input(field.title, `${field.name}[${OPERATORS[field.cell] ?? "contains"}]`, "text", set)];
  return [["gte", "from"], ["lte", "to"]].map(([operator, word]) => {
    const read = (value) => (value && field.cell === "timestamp" ? moment(operator, value) : value);
    return input(`${field.title} ${word}`, `${field.name}[${operator}]`, RANGES[field.cell], set, read);
  });
}

function moment(operator, day) {
  return new Date(`${day}T${operator === "gte" ? "00:00:00" : "23:59:59.999"}`).toISOString();
}

function localDay(text) {
  const then = new Date(text);
  return new Date(then - then.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
}

function choice(title, parameter, options, set) {
  const select = node("select", { className: "field-input" }, new Option("Any", ""), ...options.map(([value, label]) => new Option(label, value)));
  select.addEventListener("change", () => set(parameter, select.value));
  return labelled(title, parameter, select);
}

function input(title, parameter, type, set, read = (value) => value) {
  const box = node("input", { type, className: "field-input" });
  box.addEventListener("input", later(() => set(parameter, read(box.value)), 250));
  return labelled(title, parameter, box);
}

function labelled(title, parameter, control) {
  control.setAttribute("aria-label", title);
  control.dataset.parameter = parameter;
  return node("label", {}, title, control);
}

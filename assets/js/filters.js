// The controls above a grid: a search box and one filter for each field that the config names.

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
    clear: () => {
      values.clear();
      for (const control of bar.querySelectorAll("input, select")) control.value = "";
      onChange();
    },
    active: () => values.size > 0,
    set,
  };
}

const RANGES = { number: "number", decimal: "number", time: "time", duration: "text" };
const OPERATORS = { reference: "eq", id: "eq", list: "has" };

function controls(field, set) {
  if (field.cell === "badges") return [labelled(field.title, choice(field.options.map((value) => [value, value]), (value) => set(`${field.name}[has]`, value)))];
  if (field.options) return [labelled(field.title, choice(field.options.map((value) => [value, value]), (value) => set(field.name, value)))];
  if (field.cell === "boolean") return [labelled(field.title, choice([["true", "Yes"], ["false", "No"]], (value) => set(field.name, value)))];
  if (field.cell === "date" || field.cell === "timestamp") {
    return [["gte", "from"], ["lte", "to"]].map(([operator, word]) =>
      labelled(`${field.title} ${word}`, input("date", (value) => set(`${field.name}[${operator}]`, moment(field, operator, value)))),
    );
  }
  if (field.cell in RANGES) {
    return [["gte", "from"], ["lte", "to"]].map(([operator, word]) =>
      labelled(`${field.title} ${word}`, input(RANGES[field.cell], (value) => set(`${field.name}[${operator}]`, value))),
    );
  }
  const operator = OPERATORS[field.cell] ?? "contains";
  return [labelled(field.title, input("text", (value) => set(`${field.name}[${operator}]`, value)))];
}

function moment(field, operator, day) {
  if (!day || field.cell === "date") return day;
  return new Date(`${day}T${operator === "gte" ? "00:00:00" : "23:59:59.999"}`).toISOString();
}

function labelled(text, control) {
  control.setAttribute("aria-label", text);
  const label = document.createElement("label");
  label.append(text, control);
  return label;
}

function choice(options, onChange) {
  const select = document.createElement("select");
  select.className = "field-input";
  select.append(new Option("Any", ""), ...options.map(([value, label]) => new Option(label, value)));
  select.addEventListener("change", () => onChange(select.value));
  return select;
}

function input(type, onChange) {
  const box = document.createElement("input");
  box.type = type;
  box.className = "field-input";
  let timer;
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => onChange(box.value), 250);
  });
  return box;
}

// A list to choose from by typing and arrows: options of a field, yes or no, or records of another entity.

import { later, node } from "../dom.js";
import { request } from "../http.js";

const MOST = 20;

export function choices({ field, value, labels, words, onTake }) {
  const several = field.cell === "badges";
  const taken = new Set(several ? (value ?? []) : []);
  const state = { found: [], at: 0, value, changed: false, looked: null, taking: false };
  const input = node("input", { className: "cell-input", value: words, role: "combobox", placeholder: placeholder(field, value, labels) });
  const list = node("ul", { className: "choice-list", role: "listbox", id: "cell-choices" });
  for (const [name, said] of Object.entries({ "aria-label": field.title, "aria-expanded": "true", "aria-controls": "cell-choices", autocomplete: "off" })) input.setAttribute(name, said);
  list.setAttribute("aria-label", field.title);
  const box = node("div", { className: "cell-editor choice" }, input, list);

  function take(choice) {
    state.changed = true;
    if (!several) {
      state.value = choice.value;
      labels[field.references] = { ...labels[field.references], [choice.value]: choice.label };
      return onTake();
    }
    if (!taken.delete(choice.value)) taken.add(choice.value);
    state.value = field.options.filter((name) => taken.has(name));
    render();
  }

  function render() {
    list.replaceChildren(...state.found.map((choice, index) => option(choice, index === state.at, taken.has(choice.value), () => take(choice))));
    input.setAttribute("aria-activedescendant", state.found.length ? "cell-choice" : "");
    list.children[state.at]?.scrollIntoView({ block: "nearest" });
  }

  async function look() {
    const asked = input.value;
    const found = await find(field, asked.trim());
    if (asked !== input.value) return;
    state.found = found;
    state.looked = asked;
    state.at = asked ? 0 : Math.max(0, found.findIndex((choice) => choice.value === value));
    render();
    if (state.taking && found[state.at]) take(found[state.at]);
    state.taking = false;
  }

  function takeFound() {
    // What was found for the first letters is not what all of them mean.
    if (state.looked === input.value) return state.found[state.at] && take(state.found[state.at]);
    state.taking = true;
    return look();
  }

  input.addEventListener("input", field.references ? later(look, 120) : look);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") state.at = Math.min(state.at + 1, state.found.length - 1);
    else if (event.key === "ArrowUp") state.at = Math.max(0, state.at - 1);
    else if (event.key === "Enter" || (event.key === "Tab" && input.value && !several)) takeFound();
    else return undefined;
    event.preventDefault();
    event.stopPropagation();
    return render();
  });
  look();
  return { box, focus: () => input.focus(), value: () => state.value, changed: () => state.changed };
}

function placeholder(field, value, labels) {
  if (value === null || value === undefined || Array.isArray(value)) return "";
  if (field.references) return labels[field.references]?.[value] ?? String(value);
  return field.cell === "boolean" ? (value ? "Yes" : "No") : String(value);
}

function option(choice, active, chosen, onTake) {
  const item = node("li", { role: "option", text: choice.label || "–", className: chosen ? "chosen" : "" });
  item.setAttribute("aria-selected", String(active || chosen));
  if (active) item.id = "cell-choice";
  item.classList.toggle("active", active);
  item.addEventListener("mousedown", (event) => {
    event.preventDefault();
    onTake();
  });
  return item;
}

async function find(field, words) {
  const none = field.required || field.cell === "badges" || words ? [] : [{ value: null, label: "" }];
  if (field.references) return [...none, ...(await records(field, words))];
  const all = field.cell === "boolean" ? [{ value: true, label: "Yes" }, { value: false, label: "No" }] : field.options.map((value) => ({ value, label: value }));
  return [...none, ...all.filter(({ label }) => label.toLowerCase().includes(words.toLowerCase()))];
}

async function records({ references, display, key }, words) {
  const query = new URLSearchParams({ limit: MOST, count: "none" });
  if (words) query.set("search", words);
  const { records: found } = await request(`/api/${references}?${query}`);
  return found.map((record) => ({ value: record[key ?? "id"] ?? record.id, label: String(record[display] ?? record.id) }));
}

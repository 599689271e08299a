// The filter builder: conditions and groups of them, and beneath the expression that they are, which may be typed as well.

import { button, dialog, node } from "../dom.js";
import { request } from "../http.js";
import { choices } from "./choices.js";
import { needsValue, operatorsOf, read, usable, write } from "./expression.js";

const INPUTS = { date: "date", time: "time" };

export function openFilter({ entity, fields, labels, view }) {
  const choosable = [...fields.values()].filter(usable);
  let tree = read(view.state.filter, fields);
  const rows = node("div", { className: "filter-rows" });
  const text = node("textarea", { className: "field-input mono", rows: 2, value: view.state.filter, "aria-label": "Expression", spellcheck: false });
  const problem = node("p", { className: "notice bad", role: "alert", hidden: true });

  function render() {
    if (tree) rows.replaceChildren(group(tree, { choosable, fields, labels, changed, render }, true));
    else rows.replaceChildren(node("p", { className: "muted", text: "This expression says more than conditions can show; edit it below." }));
  }

  function changed() {
    text.value = write(tree, fields);
  }

  text.addEventListener("input", () => {
    tree = read(text.value, fields);
    render();
  });

  async function apply() {
    const filter = text.value.trim();
    try {
      if (filter) await request(`/api/${entity}?${new URLSearchParams({ filter, limit: 1, count: "none" })}`);
      view.set({ filter });
      box.close();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
  }

  const clear = button("Clear", () => {
    text.value = "";
    apply();
  });
  const form = node("form", { className: "stack filter", onsubmit: (event) => (event.preventDefault(), apply()) });
  form.append(rows, node("label", { className: "stack plain" }, node("span", { className: "muted", text: "As an expression" }), text), problem);
  form.append(node("div", { className: "form-foot" }, clear, node("span", { className: "gap" }), button("Cancel", () => box.close()), node("button", { className: "button primary", text: "Apply" })));
  if (tree && !tree.conditions.length) tree.conditions.push(fresh(choosable));
  render();
  const box = dialog("Filter", form);
  box.classList.add("broad");
  rows.querySelector(".filter-value input, select")?.focus();
}

function fresh(choosable) {
  return { field: choosable[0].name, operator: operatorsOf(choosable[0])[0], value: "" };
}

function group(tree, all, top = false) {
  const match = node("select", { className: "field-input", "aria-label": "Which of the conditions" }, new Option("All of these", "AND"), new Option("Any of these", "OR"));
  match.value = tree.match;
  match.addEventListener("change", () => {
    tree.match = match.value;
    all.changed();
  });
  const update = () => {
    all.changed();
    all.render();
  };
  const lines = tree.conditions.map((one) => {
    const drop = button("Remove", () => (tree.conditions.splice(tree.conditions.indexOf(one), 1), update()), "quiet");
    return node("div", { className: "filter-row" }, one.conditions ? group(one, all) : line(one, all, update), drop);
  });
  const more = [button("Add a condition", () => (tree.conditions.push(fresh(all.choosable)), update()))];
  if (top) more.push(button("Add a group", () => (tree.conditions.push({ match: tree.match === "AND" ? "OR" : "AND", conditions: [fresh(all.choosable)] }), update())));
  return node("fieldset", { className: "filter-group" }, node("legend", { className: "visually-hidden", text: "Conditions" }), match, ...lines, node("div", { className: "toolbar plain" }, ...more));
}

function line(one, all, update) {
  const field = select("Field", all.choosable.map(({ name, title }) => [name, title]), one.field, (name) => {
    Object.assign(one, { field: name, operator: operatorsOf(all.fields.get(name))[0], value: "" });
    update();
  });
  const chosen = all.fields.get(one.field);
  const operator = select("Condition", operatorsOf(chosen).map((word) => [word, word]), one.operator, (word) => {
    one.operator = word;
    update();
  });
  const value = needsValue(one.operator) ? valueControl(one, chosen, all) : node("span");
  return node("div", { className: "filter-line" }, field, operator, node("span", { className: "filter-value" }, value));
}

function valueControl(one, field, all) {
  const take = (value) => {
    one.value = value;
    all.changed();
  };
  if (field.options && one.operator !== "is one of") return select("Value", [["", "Choose"], ...field.options.map((option) => [option, option])], one.value, take);
  if (field.references && one.operator !== "is one of") return reference(one, field, all.labels, take);
  const input = node("input", { className: "field-input", type: INPUTS[field.cell] ?? "text", value: one.value, "aria-label": "Value", placeholder: one.operator === "is one of" ? "a, b, c" : "" });
  input.addEventListener("input", () => take(input.value));
  return input;
}

function reference(one, field, labels, take) {
  const shown = button(labels[field.references]?.[one.value] ?? (one.value || "Choose"), () => {
    const picker = choices({ field, value: one.value, labels, words: "", onTake: () => {
      take(picker.value() ?? "");
      picker.box.replaceWith(reference(one, field, labels, take));
    } });
    shown.replaceWith(picker.box);
    picker.focus();
  });
  return shown;
}

function select(label, options, value, onchange) {
  const made = node("select", { className: "field-input", "aria-label": label }, ...options.map(([name, text]) => new Option(text, name)));
  made.value = value;
  made.addEventListener("change", () => onchange(made.value));
  return made;
}

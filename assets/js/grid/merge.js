// Somebody else was faster: what does not collide goes on top of theirs, what does is asked about, both sides shown.

import { button, dialog, node } from "../dom.js";
import { request } from "../http.js";
import { same, toText } from "./values.js";

export async function merge({ entity, fields, labels, changes, ids }) {
  const records = [];
  const settled = [];
  const colliding = [];
  for (const change of changes) {
    if (!ids.includes(change.record.id)) {
      settled.push(change);
      continue;
    }
    const theirs = await request(`/api/${entity}/${change.record.id}`);
    records.push(theirs);
    const names = Object.keys(change.values);
    const collides = names.filter((name) => !same(theirs[name], change.record[name]) && !same(theirs[name], change.values[name]));
    (collides.length ? colliding : settled).push({ record: theirs, values: change.values, base: change.record, collides });
  }
  const mine = colliding.length ? await ask(colliding, fields, labels) : [];
  return { records, changes: mine === null ? [] : [...settled, ...mine] };
}

function ask(changes, fields, labels) {
  return new Promise((resolve) => {
    const choices = changes.flatMap((change) => change.collides.map((name) => side(change, fields.get(name), labels)));
    const table = node("table", { className: "table" });
    table.append(node("thead", {}, node("tr", {}, ...["Field", "Was", "Theirs", "Yours"].map((text) => node("th", { text })))));
    table.append(node("tbody", {}, ...choices.map((choice) => choice.row)));
    const finish = (answer) => {
      box.close();
      resolve(answer);
    };
    const save = () => finish(changes.map((change) => ({ ...change, values: chosen(change, choices) })));
    const box = dialog(
      "Changed by somebody else meanwhile",
      node("p", { className: "muted", text: "Choose what each field shall be. Nothing is lost: both are in the history." }),
      node("div", { className: "scroll" }, table),
      node("div", { className: "form-foot" }, button("Cancel", () => finish(null)), button("Save what I chose", save, "primary")),
    );
    box.classList.add("broad");
    box.addEventListener("cancel", () => resolve(null));
  });
}

function side(change, field, labels) {
  const group = `merge-${change.record.id}-${field.name}`;
  const pick = (value, checked) => {
    const radio = node("input", { type: "radio", name: group, checked });
    return { radio, cell: node("td", {}, node("label", { className: "pick" }, radio, toText(value, field, labels) || "nothing")) };
  };
  const theirs = pick(change.record[field.name], false);
  const mine = pick(change.values[field.name], true);
  const was = node("td", { className: "muted", text: toText(change.base[field.name], field, labels) || "nothing" });
  return { change, name: field.name, mine: mine.radio, row: node("tr", {}, node("td", { text: field.title }), was, theirs.cell, mine.cell) };
}

function chosen(change, choices) {
  const values = { ...change.values };
  for (const one of choices) if (one.change === change && !one.mine.checked) values[one.name] = change.record[one.name];
  return values;
}

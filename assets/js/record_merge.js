// Two people changed one record: what it was, what it is, and what was typed here, field by field, to choose from.

import { button, dialog, node } from "./dom.js";
import { inWords } from "./record_view.js";

export function openMerge(options, fields, version, changes) {
  return new Promise((resolve) => {
    const rows = fields.filter(({ mine, theirs, base }) => !same(mine, theirs) || !same(mine, base)).map((one) => row(options, one));
    const save = button("Save the chosen", () => finish(chosen(rows)), "primary");
    const box = dialog("Changed by someone else", node("p", { className: "muted", text: told(changes, version) }), table(rows), foot());
    box.classList.add("merge");
    box.addEventListener("change", check);
    box.addEventListener("close", () => resolve(null));
    check();
    (box.querySelector("input:not(:checked)") ?? save).focus();

    function foot() {
      return node(
        "div",
        { className: "form-foot" },
        button("All of theirs", () => choose("theirs")),
        button("All of mine", () => choose("mine")),
        node("span", { className: "gap" }),
        button("Go on editing", () => box.close()),
        save,
      );
    }

    function choose(side) {
      for (const { radios } of rows) radios[side].checked = true;
      check();
    }

    function check() {
      save.disabled = rows.some(({ radios }) => !radios.mine.checked && !radios.theirs.checked);
    }

    function finish(mine) {
      resolve(mine);
      box.close();
    }
  });
}

function told(changes, version) {
  const who = [...new Set(changes.map(({ name, actor }) => name ?? actor).filter(Boolean))].join(", ") || "Someone else";
  return `${who} saved while you were editing; the record is at version ${version}. Choose what is to be saved for each field.`;
}

function table(rows) {
  const titles = ["Field", "Before", "Theirs", "Mine"].map((text) => node("th", { text, scope: "col" }));
  const body = node("tbody", {}, ...rows.map(({ line }) => line));
  return node("div", { className: "scroll" }, node("table", { className: "table" }, node("thead", {}, node("tr", {}, ...titles)), body));
}

function row(options, one) {
  const field = options.fields[one.name];
  const preferred = one.differs ? !one.changed && "theirs" : "mine";
  const agreed = same(one.mine, one.theirs) && "theirs";
  const radios = { theirs: radio("theirs"), mine: radio("mine") };

  function radio(name) {
    return node("input", { type: "radio", name: `merge-${one.name}`, checked: name === (agreed || preferred), "aria-label": `${name} of ${field.title}` });
  }

  function side(name) {
    const different = !same(one[name], one.base);
    const words = node(different ? "ins" : "span", {}, inWords(options, field, one[name]));
    return node("td", {}, node("label", { className: "choice" }, radios[name], words));
  }

  const line = node("tr", {}, node("th", { text: field.title, scope: "row" }), node("td", { className: "muted" }, inWords(options, field, one.base)), side("theirs"), side("mine"));
  return { name: one.name, line, radios };
}

function chosen(rows) {
  return rows.filter(({ radios }) => radios.mine.checked).map(({ name }) => name);
}

function same(one, other) {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

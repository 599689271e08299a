// Whole records that are selected, by their boxes: some of them, or all that the list shows.

import { node } from "../dom.js";

const numbers = new Intl.NumberFormat();

export function createSelection({ bar, rows, actions, onChanged }) {
  const chosen = new Map();
  let all = false;
  let lastRow = null;

  function changed() {
    render();
    onChanged();
  }

  function toggle(record, row, wanted, between) {
    all = false;
    for (const one of between ?? [record]) {
      if (wanted) chosen.set(one.id, one);
      else chosen.delete(one.id);
    }
    lastRow = row;
    changed();
  }

  function clear() {
    all = false;
    chosen.clear();
    changed();
  }

  function count() {
    return all ? rows.total : chosen.size;
  }

  function render() {
    bar.hidden = count() === 0;
    const words = node("strong", { text: `${numbers.format(count())} selected`, role: "status" });
    const tools = actions.map(({ label, icon, kind, work }) => tool(label, icon, kind, () => work(picked())));
    const everything = all || chosen.size >= rows.total ? [] : [tool(`Select all ${numbers.format(rows.total)}`, "done_all", "quiet", () => ((all = true), changed()))];
    bar.replaceChildren(words, ...everything, node("span", { className: "gap" }), ...tools, tool("Clear", "close", "quiet", clear));
  }

  function picked() {
    return { all, count: count(), records: [...chosen.values()], ids: [...chosen.keys()] };
  }

  return {
    toggle,
    clear,
    picked,
    has: (id) => all || chosen.has(id),
    get lastRow() {
      return lastRow;
    },
    selectAll() {
      all = true;
      changed();
    },
    get all() {
      return all;
    },
  };
}

function tool(label, icon, kind, onclick) {
  return node("button", { type: "button", className: `button ${kind ?? ""}`, onclick }, node("span", { className: "icon", text: icon, "aria-hidden": "true" }), label);
}

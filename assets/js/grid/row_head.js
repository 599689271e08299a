// The first column: the box that selects the record, and the link that opens it.

import { node } from "../dom.js";

export function rowHead({ options, view, selection, rows }) {
  return {
    colId: "row-head",
    headerName: "",
    width: options.editable || options.deletable ? 72 : 44,
    resizable: false,
    sortable: false,
    pinned: "left",
    lockPosition: "left",
    lockPinned: true,
    suppressMovable: true,
    suppressNavigable: true,
    headerComponent: header({ options, selection, rows }),
    cellRenderer: ({ data, node: row }) => cell({ data, row, options, view, selection, rows }),
  };
}

export function addressOf(entity, id, asOf = "") {
  return `/${entity}/${id}${asOf ? `?${new URLSearchParams({ as_of: asOf })}` : ""}`;
}

function header({ options, selection }) {
  return class {
    init() {
      this.gui = node("span", { className: "row-head" });
      if (!options.editable && !options.deletable) {
        this.gui.append(node("span", { className: "visually-hidden", text: "Open" }));
        return;
      }
      const box = node("input", { type: "checkbox", "aria-label": "Select all records" });
      box.addEventListener("change", () => (box.checked ? selection().selectAll() : selection().clear()));
      this.gui.append(box);
    }
    getGui() {
      return this.gui;
    }
    refresh() {
      return true;
    }
  };
}

function cell({ data, row, options, view, selection, rows }) {
  if (!data || row.rowPinned) return "";
  const shown = node("span", { className: "row-head" });
  const name = data[options.display] ?? data.id;
  if (options.editable || options.deletable) {
    const box = node("input", { type: "checkbox", checked: selection().has(data.id), tabIndex: -1, "aria-label": `Select ${name}` });
    box.addEventListener("click", (event) => pick(event, { data, row, selection, rows, wanted: box.checked }));
    shown.append(box);
  }
  const link = node("a", { href: addressOf(options.entity, data.id, view.state.asOf), className: "open-record", tabIndex: -1, "aria-label": `Open ${name}`, title: "Open the record" });
  link.append(node("span", { className: "icon", text: "open_in_full", "aria-hidden": "true" }));
  shown.append(link);
  return shown;
}

async function pick(event, { data, row, selection, rows, wanted }) {
  event.stopPropagation();
  const last = selection().lastRow;
  if (!event.shiftKey || last === null) return selection().toggle(data, row.rowIndex, wanted);
  const [from, to] = [Math.min(last, row.rowIndex), Math.max(last, row.rowIndex)];
  return selection().toggle(data, row.rowIndex, wanted, await rows.between(from, to + 1));
}

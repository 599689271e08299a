// What the keyboard does in a list beyond moving and typing; the page's list of shortcuts says the same.

import { toast } from "../toast.js";
import { openForm } from "./opening.js";
import { addressOf } from "./row_head.js";

export function followKeys({ box, grid, range, clipboard, steps, selection, view, options, bar }) {
  const focused = () => {
    const cell = grid.getFocusedCell();
    return cell && !cell.rowPinned ? grid.getDisplayedRowAtIndex(cell.rowIndex) : null;
  };

  const inside = {
    "Control+Enter": () => focused()?.data && location.assign(addressOf(options.entity, focused().data.id, view.state.asOf)),
    "Control+d": () => options.editable && clipboard.fillDown(),
    Delete: () => options.editable && clipboard.clear(),
    Backspace: () => options.editable && clipboard.clear(),
    "Control+Home": () => go(0, 0),
    "Control+End": () => go(grid.getDisplayedRowCount() - 1, -1),
    "Shift+ ": () => select(),
  };
  const anywhere = {
    "Control+z": () => steps.undo(),
    "Control+y": () => steps.redo(),
    "Control+Shift+z": () => steps.redo(),
  };
  const plain = { n: () => openForm(options), "/": () => bar.focusSearch(), f: () => bar.filter(), c: () => bar.columns() };

  function go(row, place) {
    const names = grid.getAllDisplayedColumns().filter((column) => column.getColDef().field);
    grid.ensureIndexVisible(Math.max(0, row));
    grid.setFocusedCell(Math.max(0, row), names.at(place));
  }

  function select() {
    const bounds = range.bounds();
    for (let row = bounds?.top ?? 0; row <= (bounds?.bottom ?? -1); row += 1) {
      const record = grid.getDisplayedRowAtIndex(row)?.data;
      if (record) selection.toggle(record, row, !selection.has(record.id));
    }
  }

  box.addEventListener("keydown", (event) => act(event, inside), true);
  document.addEventListener("keydown", (event) => {
    if (box.contains(event.target)) act(event, anywhere);
    else if (!event.target.closest("[contenteditable]")) act(event, { ...anywhere, ...plain });
  });
  guardTyping(box);
}

function act(event, meanings) {
  if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog, .q-dialog")) return;
  const name = `${event.ctrlKey || event.metaKey ? "Control+" : ""}${event.shiftKey && event.key.length > 0 && event.key !== "/" ? "Shift+" : ""}${event.altKey ? "Alt+" : ""}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`;
  if (!meanings[name]) return;
  event.preventDefault();
  event.stopPropagation();
  Promise.resolve(meanings[name]()).catch((error) => toast(error.message, { bad: true }));
}

function guardTyping(box) {
  // An editor keeps the keys that mean something to the whole page.
  box.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea") && (event.ctrlKey || event.metaKey) && ["z", "y", "d"].includes(event.key)) event.stopPropagation();
  });
}

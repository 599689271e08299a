// Where others are in the same list, and what they edit; and telling them where one is oneself.

import { colourOf, showPeople } from "../presence.js";
import { placeOf } from "./range.js";

export function createCompany({ grid, box, place, fields }) {
  let people = [];

  function paint() {
    const watched = new Map(people.filter(({ record }) => record).map((person) => [`${person.record} ${person.field}`, person]));
    for (const cell of box.querySelectorAll(".ag-center-cols-container .ag-cell, .ag-pinned-left-cols-container .ag-cell")) {
      const at = placeOf(cell);
      const record = at && watched.size ? grid.getDisplayedRowAtIndex(at.row)?.data?.id : null;
      const person = record && watched.get(`${record} ${at.column}`);
      cell.classList.toggle("watched", Boolean(person));
      if (person) {
        cell.style.setProperty("--person", colourOf(person.key));
        cell.title = `${person.name} ${person.editing ? "edits this" : "is here"}`;
      } else if (cell.title.endsWith(" is here") || cell.title.endsWith(" edits this")) cell.removeAttribute("title");
    }
  }

  return {
    paint,
    show(others) {
      people = others;
      showPeople(place, people, ({ field, editing }) => (field ? `${editing ? "edits" : "looks at"} ${fields.get(field)?.title ?? field}` : ""));
      paint();
    },
  };
}

export function placeIn(grid) {
  const cell = grid.getFocusedCell();
  const record = cell && !cell.rowPinned ? grid.getDisplayedRowAtIndex(cell.rowIndex)?.data : null;
  const field = cell?.column.getColId();
  return { record: record?.id ?? "", field: record && field !== "row-head" ? field : "", editing: grid.getEditingCells().length > 0 };
}

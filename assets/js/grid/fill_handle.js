// The corner of the selected range, which fills the cells below with what stands in the range when it is dragged down.

import { placeOf } from "./range.js";

const REACH = 10;

export function followFillHandle({ box, grid, range, onFill }) {
  let from = null;
  let to = 0;

  box.addEventListener("mousedown", (event) => {
    if (!onHandle(event)) return;
    from = range().bounds();
    to = from.bottom;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  box.addEventListener("mousemove", (event) => {
    const place = from && event.buttons === 1 ? placeOf(event.target) : null;
    if (!place) return;
    to = Math.max(from.bottom, place.row);
    paint(box, from, to);
    grid().ensureIndexVisible(to);
  });

  document.addEventListener("mouseup", () => {
    if (!from) return;
    const bounds = from;
    from = null;
    paint(box, null, 0);
    if (to > bounds.bottom) onFill(bounds, to);
  });
}

function onHandle(event) {
  const cell = event.target.closest(".range-end");
  if (!cell || event.button !== 0) return false;
  const { right, bottom } = cell.getBoundingClientRect();
  return right - event.clientX < REACH && bottom - event.clientY < REACH;
}

function paint(box, bounds, to) {
  for (const cell of box.querySelectorAll(".ag-cell")) {
    const place = placeOf(cell);
    const inside = bounds && place && place.row > bounds.bottom && place.row <= to && bounds.columns.includes(place.column);
    cell.classList.toggle("filling", Boolean(inside));
  }
}

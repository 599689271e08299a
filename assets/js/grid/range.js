// The rectangle of cells that is selected: by mouse, with Shift and the arrows, or all of them.

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export function createRange(grid, box, { onChange }) {
  let anchor = null;
  let head = null;

  const columns = () => grid.getAllDisplayedColumns().filter((column) => column.getColDef().field);
  const names = () => columns().map((column) => column.getColId());

  function bounds() {
    if (!anchor || !head) return null;
    const all = names();
    const [one, two] = [all.indexOf(anchor.column), all.indexOf(head.column)];
    if (one < 0 || two < 0) return null;
    const [top, bottom] = [Math.min(anchor.row, head.row), Math.max(anchor.row, head.row)];
    return { top, bottom, columns: all.slice(Math.min(one, two), Math.max(one, two) + 1) };
  }

  function start(row, column) {
    anchor = head = { row, column };
    show();
  }

  function stretch(row, column) {
    if (!anchor) return start(row, column);
    head = { row: Math.max(0, Math.min(row, grid.getDisplayedRowCount() - 1)), column };
    show();
  }

  function show() {
    paint(box, bounds());
    onChange(bounds());
  }

  function move(key, far) {
    const [down, right] = MOVES[key];
    const all = names();
    const place = all.indexOf(head.column);
    const column = far && right ? all.at(right > 0 ? -1 : 0) : all[Math.max(0, Math.min(place + right, all.length - 1))];
    const row = far && down ? (down > 0 ? grid.getDisplayedRowCount() - 1 : 0) : head.row + down;
    stretch(row, column);
    grid.ensureIndexVisible(head.row);
    grid.ensureColumnVisible(head.column);
  }

  followKeys(box, { grid, ready: () => head, move, all: selectAll });
  followMouse(box, { start, stretch, current: () => head, grid });

  function selectAll() {
    const all = names();
    anchor = { row: 0, column: all[0] };
    head = { row: Math.max(0, grid.getDisplayedRowCount() - 1), column: all.at(-1) };
    show();
  }

  return { bounds, start, stretch, repaint: () => paint(box, bounds()) };
}

function followKeys(box, { grid, ready, move, all }) {
  box.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select") || !ready()) return;
    const command = event.ctrlKey || event.metaKey;
    if (event.shiftKey && MOVES[event.key]) move(event.key, command);
    else if (command && event.key.toLowerCase() === "a" && grid.getFocusedCell()) all();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
}

function followMouse(box, { start, stretch, current, grid }) {
  let dragging = false;
  box.addEventListener("mousedown", (event) => {
    const place = placeOf(event.target);
    if (!place || event.button !== 0 || event.target.closest("input, textarea, .cell-editor, a, button")) return;
    if (event.shiftKey) {
      event.preventDefault(); // no text is selected, and the focus stays where the range began
      event.stopPropagation();
      stretch(place.row, place.column);
    } else {
      start(place.row, place.column);
      dragging = true;
    }
  }, true);
  box.addEventListener("mousemove", (event) => {
    const place = dragging && event.buttons === 1 ? placeOf(event.target) : null;
    if (!place || (place.row === current().row && place.column === current().column)) return;
    stretch(place.row, place.column);
    grid.ensureIndexVisible(place.row);
  });
  document.addEventListener("mouseup", () => {
    dragging = false;
  });
}

export function placeOf(target) {
  const cell = target.closest?.(".ag-cell");
  const row = cell?.closest(".ag-row");
  if (!row || row.closest(".ag-floating-bottom")) return null;
  const column = cell.getAttribute("col-id");
  return column === "row-head" ? null : { row: Number(row.getAttribute("row-index")), column };
}

function paint(box, bounds) {
  const several = bounds && (bounds.bottom > bounds.top || bounds.columns.length > 1);
  const columns = new Set(bounds?.columns);
  for (const cell of box.querySelectorAll(".ag-center-cols-container .ag-cell, .ag-pinned-left-cols-container .ag-cell, .ag-pinned-right-cols-container .ag-cell")) {
    const row = Number(cell.closest(".ag-row").getAttribute("row-index"));
    const name = cell.getAttribute("col-id");
    const inside = Boolean(bounds) && row >= bounds.top && row <= bounds.bottom && columns.has(name);
    cell.classList.toggle("in-range", inside && several);
    cell.classList.toggle("range-end", inside && row === bounds.bottom && name === bounds.columns.at(-1));
  }
}

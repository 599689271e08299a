// The grid: rows come over HTTP block by block, changes by WebSocket; neither passes through Python elements.

import * as AgGrid from "nicegui-aggrid";
import { openExport } from "./export_dialog.js";
import { buildFilters } from "./filters.js";
import { createBulk } from "./grid/bulk.js";
import { createClipboard } from "./grid/clipboard.js";
import { arrange, arranged, definitions, openColumns, sortOf } from "./grid/columns.js";
import { createCompany, placeIn } from "./grid/company.js";
import { followFillHandle } from "./grid/fill_handle.js";
import { openFilter } from "./grid/filter_dialog.js";
import { createFooter } from "./grid/footer.js";
import { followKeys } from "./grid/keys.js";
import { followChanges } from "./grid/following.js";
import { createRange } from "./grid/range.js";
import { rowHead } from "./grid/row_head.js";
import { createRows } from "./grid/rows.js";
import { createSaving } from "./grid/saving.js";
import { createSelection } from "./grid/selection.js";
import { createStatus } from "./grid/status.js";
import { createSteps } from "./grid/steps.js";
import { toolbar } from "./grid/toolbar.js";
import { createViews } from "./grid/views_menu.js";
import { createView } from "./grid/view.js";
import { openImport } from "./import_dialog.js";
import { element, optionsOf } from "./http.js";
import { toast } from "./toast.js";

const HEIGHTS = { compact: 26, normal: 34, tall: 52 };
const options = optionsOf("grid");
const fields = new Map(options.columns.map((field) => [field.name, field]));
const defaults = { view: "", columns: null, sort: "", filter: "", search: "", parameters: [], asOf: "", density: "normal", totals: {} };
const view = createView(defaults, viewChanged);
let bar = null; // rows may come before what stands around them is there
let views = null;

const box = await element("[data-grid]");
const [filterBar, selectionBar, statusLine, peopleBar] = await Promise.all(["filters", "selection", "status", "people"].map((name) => element(`[data-${name}]`)));
AgGrid.ModuleRegistry.registerModules([AgGrid.AllCommunityModule]);
const rows = createRows({ entity: options.entity, largest: options.largest, view, shown: (id) => grid.getRowNode(id)?.data, onLoaded: loaded, onError: refused });
const steps = createSteps({ entity: options.entity, onChanged: refreshAll });
const selection = createSelection({ bar: selectionBar, rows, actions: actions(), onChanged: () => grid.refreshCells({ columns: ["row-head"], force: true }) });
followFillHandle({ box, grid: () => grid, range: () => range, onFill: fillDown });
const grid = AgGrid.createGrid(box, gridOptions());
const filters = buildFilters(filterBar, options.filters, quickFilter);
const status = createStatus(statusLine, { grid, fields });
const range = createRange(grid, box, { onChange: status.range });
const footer = createFooter({ grid, entity: options.entity, fields, rows, view });
const saving = createSaving({ entity: options.entity, grid, fields, labels: rows.labels, steps, onChanged: ownChange, onRefused: editAgain });
const bulk = createBulk({ entity: options.entity, display: options.display, fields, labels: rows.labels, rows, view, steps, onDone: () => (selection.clear(), refreshAll()) });
const clipboard = createClipboard({ box, grid, range, rows, fields, labels: rows.labels, saving, creatable: options.creatable });
const company = createCompany({ grid, box, place: peopleBar, fields });
const following = options.asOf ? null : followChanges({ grid, options, view, onTotals: footer.refresh, onPresence: company.show });
bar = await toolbar({ options, view, rows, steps, columns: showColumns, filter: showFilter, bring: showImport, take: showExport });
followKeys({ box, grid, range, clipboard, steps, selection, view, options, bar });
show(["columns", "parameters", "density", "totals"]);
if (rows.total !== null) loaded();
tellPlace();
steps.announce();
views = await createViews({ entity: options.entity, view, opener: bar.views });

function showColumns() {
  openColumns({ grid, fields: options.columns, view, onArranged: keepColumns });
}

function showFilter() {
  openFilter({ entity: options.entity, fields, labels: rows.labels, view });
}

function showImport() {
  openImport({ entity: options.entity, title: options.title, onDone: refreshAll });
}

function showExport() {
  const parameters = [...rows.conditions(), ...(view.state.sort ? [["sort", view.state.sort]] : [])];
  const columns = grid.getAllDisplayedColumns().map((column) => column.getColId()).filter((name) => fields.has(name));
  openExport({ entity: options.entity, title: options.title, parameters, columns, total: rows.total });
}

function gridOptions() {
  const head = rowHead({ options, view, selection: () => selection, rows });
  return {
    theme: AgGrid.themeQuartz.withParams({ spacing: 6 }),
    columnDefs: definitions(options.columns, { labels: rows.labels, rowHead: head, editable: options.editable }),
    defaultColDef: { resizable: true, suppressHeaderMenuButton: true, suppressHeaderContextMenu: true, suppressKeyboardEvent: leaveEditor },
    rowModelType: "infinite",
    datasource: rows,
    cacheBlockSize: 100,
    maxBlocksInCache: 5,
    maxConcurrentDatasourceRequests: 3,
    blockLoadDebounceMillis: 40,
    infiniteInitialRowCount: 1,
    rowHeight: HEIGHTS[view.state.density],
    readOnlyEdit: true,
    stopEditingWhenCellsLoseFocus: true,
    suppressDragLeaveHidesColumns: true,
    ensureDomOrder: true,
    getRowId: ({ data }) => data.id,
    suppressNoRowsOverlay: true,
    onCellEditRequest: edited,
    onCellFocused: focused,
    onCellEditingStarted: tellPlace,
    onCellEditingStopped: tellPlace,
    onSortChanged: ({ source }) => source !== "api" && view.set({ sort: sorted() }),
    onColumnMoved: ({ finished, source }) => finished && source !== "api" && keepColumns(),
    onColumnResized: ({ finished, source }) => finished && source !== "api" && keepColumns(),
    onColumnPinned: ({ source }) => source !== "api" && keepColumns(),
    onBodyScroll: paint,
    onModelUpdated: () => requestAnimationFrame(paint),
    onFirstDataRendered: () => document.body.setAttribute("data-grid-ready", ""),
    onGridReady: ({ api }) => api.setGridAriaProperty("label", options.title),
  };
}

function focused({ rowIndex, column, rowPinned }) {
  if (!column?.getColDef?.().field || rowPinned) return;
  range.start(rowIndex, column.getColId());
  tellPlace();
}

function tellPlace() {
  following?.at(placeIn(grid));
}

function paint() {
  range.repaint();
  company.paint();
}

function edited({ data, column, newValue, oldValue }) {
  if (newValue === undefined || newValue === oldValue) return;
  saving.save([{ record: data, values: { [column.getColId()]: newValue } }]).catch(() => {});
}

function fillDown(bounds, to) {
  range.start(bounds.top, bounds.columns[0]);
  range.stretch(to, bounds.columns.at(-1));
  return clipboard.fill(bounds, bounds.bottom + 1, to);
}

function leaveEditor({ event, editing, api, column, node: row }) {
  // As spreadsheets do: Tab goes on without editing the next cell, Enter down, Escape stays where it is.
  if (!editing || !["Tab", "Enter", "Escape"].includes(event.key)) return false;
  event.preventDefault();
  api.stopEditing(event.key === "Escape");
  if (event.key === "Tab" && event.shiftKey) api.tabToPreviousCell();
  else if (event.key === "Tab") api.tabToNextCell();
  else api.setFocusedCell(event.key === "Enter" ? Math.min(row.rowIndex + 1, api.getDisplayedRowCount() - 1) : row.rowIndex, column);
  return true;
}

function editAgain(changes, message) {
  // What was typed and refused stands in the editor again, with the reason, so that it can be mended.
  const [[name, value] = [], ...others] = Object.entries(changes.length === 1 ? changes[0].values : {});
  const row = name && !others.length ? grid.getRowNode(changes[0].record.id) : null;
  if (!row || grid.getEditingCells().length || !box.contains(document.activeElement)) return;
  grid.setGridOption("context", { refused: { id: row.id, name, value, message } });
  grid.setFocusedCell(row.rowIndex, name);
  grid.startEditingCell({ rowIndex: row.rowIndex, colKey: name });
  grid.setGridOption("context", {});
}

function sorted() {
  const order = grid.getColumnState().filter(({ sort }) => sort).toSorted((one, two) => one.sortIndex - two.sortIndex);
  return order.map(({ colId, sort }) => (sort === "desc" ? "-" : "") + sortOf(fields.get(colId))).join(",");
}

function keepColumns() {
  view.set({ columns: arranged(grid, options.columns) }, { replace: true });
}

function quickFilter() {
  view.set({ parameters: filters.parameters() });
}

function viewChanged(names) {
  if (names.includes("asOf")) return location.reload();
  show(names);
  return undefined;
}

function show(names) {
  const changed = new Set(names);
  if (changed.has("parameters")) filters.show(view.state.parameters);
  if (changed.has("sort") || (changed.has("columns") && names.length > 1)) arrange(grid, options.columns, view.state);
  if (changed.has("density")) setDensity();
  if (["filter", "search", "parameters"].some((name) => changed.has(name))) startOver();
  else if (changed.has("totals")) footer.refresh().catch(refused);
  bar?.show();
  views?.label();
}

function startOver() {
  selection.clear();
  if (grid.getDisplayedRowCount()) grid.ensureIndexVisible(0, "top");
  refreshAll();
}

function setDensity() {
  grid.setGridOption("rowHeight", HEIGHTS[view.state.density]);
  box.dataset.density = view.state.density;
}

function loaded() {
  bar?.show();
  bar?.showEmpty(rows.total === 0);
}

function refused(error) {
  toast(error.message, { bad: true, action: "Try again", onAction: refreshAll });
}

function refreshAll() {
  grid.purgeInfiniteCache();
  footer.refresh().catch(refused);
}

function ownChange(created) {
  if (created) grid.refreshInfiniteCache();
  footer.refresh().catch(refused);
}

function actions() {
  const list = [];
  if (options.editable) list.push({ label: "Edit", icon: "edit", work: (picked) => bulk.edit(picked) });
  if (options.deletable) list.push({ label: "Delete", icon: "delete", kind: "danger", work: (picked) => bulk.remove(picked) });
  return list;
}


// The grid: rows come over HTTP page by page, changes by WebSocket; neither passes through Python elements.

import * as AgGrid from "nicegui-aggrid";
import { column } from "./cells.js";
import { buildFilters } from "./filters.js";
import { element, optionsOf, request } from "./http.js";
import { follow } from "./live.js";
import { toast } from "./toast.js";

const options = optionsOf("grid");
const labels = {};
const view = { total: null, position: 0 };

const box = await element("[data-grid]");
AgGrid.ModuleRegistry.registerModules([AgGrid.AllCommunityModule]);
const search = await element("[data-search]");
const filters = buildFilters(await element("[data-filters]"), options.filters, refreshAll);
const grid = AgGrid.createGrid(box, gridOptions());

let typing;
search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => filters.set("search", search.value.trim()), 200);
});
document.querySelector("[data-new]")?.addEventListener("click", () => openForm(null));
document.addEventListener("keydown", shortcut);
window.addEventListener("pageshow", () => grid.setGridAriaProperty("label", options.title));

if (!options.asOf) {
  follow({
    position: options.position,
    socket: (position) => `${location.origin.replace("http", "ws")}/ws/${options.entity}?after=${position}`,
    poll: (position) => `/api/${options.entity}/changes?after=${position}`,
    onMessage: takeChange,
  });
}
await offerThePast();

async function offerThePast() {
  const moment = await element("[data-as-of]");
  if (options.asOf && Number.isNaN(Number(options.asOf))) {
    const then = new Date(options.asOf);
    moment.value = new Date(then - then.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
  }
  moment.addEventListener("change", () => {
    location.search = moment.value ? new URLSearchParams({ as_of: new Date(moment.value).toISOString() }) : "";
  });
}

function gridOptions() {
  return {
    theme: AgGrid.themeQuartz.withParams({ spacing: 6 }),
    columnDefs: [...options.columns.map((field) => column(field, labels)), ...(options.deletable ? [removal()] : [])],
    defaultColDef: { resizable: true, suppressMovable: true, enableCellChangeFlash: true, suppressHeaderMenuButton: true },
    rowModelType: "infinite",
    datasource: { getRows },
    cacheBlockSize: options.perPage,
    pagination: true,
    paginationPageSize: options.perPage,
    paginationPageSizeSelector: false,
    getRowId: ({ data }) => data.id,
    overlayNoRowsTemplate: '<span class="muted">Nothing here yet</span>',
    onRowClicked: ({ data, event }) => event.target.closest("button, a") || (data && openForm(data.id)),
    onCellKeyDown: ({ data, event, column: cell }) => {
      if (!data) return;
      if (event.key === "Enter" && cell.getColId() !== "removal") openForm(data.id);
      if (event.key === "Delete" && options.deletable) remove(data);
    },
    onFirstDataRendered: () => document.body.setAttribute("data-grid-ready", ""),
  };
}

async function getRows({ startRow, endRow, sortModel, successCallback, failCallback }) {
  const query = new URLSearchParams({ offset: startRow, limit: endRow - startRow, labels: "true" });
  if (sortModel.length) query.set("sort", sortModel.map(({ colId, sort }) => (sort === "desc" ? "-" : "") + colId).join(","));
  for (const [name, value] of filters.parameters()) query.set(name, value);
  if (options.asOf) query.set("as_of", options.asOf);
  try {
    const page = await request(`/api/${options.entity}?${query}`);
    for (const [entity, found] of Object.entries(page.labels)) labels[entity] = { ...labels[entity], ...found };
    view.total = page.total;
    successCallback(page.records, page.total);
    showTotal();
  } catch (error) {
    failCallback();
    toast(error.message, { bad: true, action: "Try again", onAction: refreshAll });
  }
}

function refreshAll() {
  grid.purgeInfiniteCache();
}

let refreshing = 0;
function refreshSoon() {
  // At once for the first change, then no more than five times a second.
  if (refreshing) return;
  grid.refreshInfiniteCache();
  refreshing = setTimeout(() => {
    refreshing = 0;
    grid.refreshInfiniteCache();
  }, 200);
}

function takeChange(change) {
  const node = grid.getRowNode(change.id);
  if (change.type === "changed" && node?.data) {
    if (change.version <= node.data._version) return;
    node.setData({ ...node.data, ...change.values, _version: change.version });
    grid.flashCells({ rowNodes: [node], columns: Object.keys(change.values).filter((name) => grid.getColumn(name)) });
    if (affectsOrder(change.values)) refreshSoon();
  } else if (change.type !== "changed" || filters.active()) {
    refreshSoon();
  }
}

function affectsOrder(values) {
  const decisive = new Set(options.references);
  for (const { colId, sort } of grid.getColumnState()) if (sort) decisive.add(colId);
  return filters.active() || Object.keys(values).some((name) => decisive.has(name));
}

async function showTotal() {
  const count = await element("[data-total]");
  count.textContent = view.total === 1 ? "1 record" : `${new Intl.NumberFormat().format(view.total)} records`;
  if (view.total) grid.hideOverlay();
  else grid.showNoRowsOverlay();
}

function removal() {
  return {
    colId: "removal", headerName: "", width: 56, minWidth: 56, maxWidth: 56, sortable: false, resizable: false,
    cellRenderer: ({ data }) => {
      if (!data) return "";
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button quiet";
      button.setAttribute("aria-label", `Delete ${data[options.display] ?? data.id}`);
      const symbol = document.createElement("span");
      symbol.className = "icon";
      symbol.textContent = "delete";
      button.append(symbol);
      button.addEventListener("click", (event) => {
        event.stopPropagation();
        remove(data);
      });
      return button;
    },
  };
}

async function remove(record) {
  const address = `/api/${options.entity}/${record.id}`;
  const name = record[options.display] ?? record.id;
  try {
    await request(address, { method: "DELETE", headers: { "If-Match": `"${record._version}"` } });
    refreshSoon();
    toast(`${name} deleted`, { action: "Undo", onAction: () => restore(address, name) });
  } catch (error) {
    toast(error.message, { bad: true });
    refreshSoon();
  }
}

async function restore(address, name) {
  try {
    await request(`${address}/restore`, { method: "POST" });
    refreshSoon();
    toast(`${name} is back`);
  } catch (error) {
    toast(error.message, { bad: true });
  }
}

let opening = 0;
function openForm(id) {
  // Once for a double click: a second form on top of the first would save everything twice.
  if (options.asOf || (id === null && !options.creatable)) return;
  if (opening || document.querySelector(".q-dialog")) return;
  opening = setTimeout(() => {
    opening = 0;
  }, 600);
  if (window.socket?.connected) window.emitEvent("open_form", { id });
  else toast("The form needs a live connection, and none gets through. The list stays up to date.", { bad: true });
}

function shortcut(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog, .q-dialog")) return;
  if (event.key === "n" && options.creatable) {
    event.preventDefault();
    openForm(null);
  } else if (event.key === "/") {
    event.preventDefault();
    search.focus();
  }
}

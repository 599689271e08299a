// The totals beneath the columns: of all records that the list shows, not only of those that are loaded.

import { column } from "../cells.js";
import { request } from "../http.js";

const FUNCTIONS = new Set(["sum", "avg", "min", "max", "count", "distinct"]);
const SIGNS = { sum: "Σ", avg: "Ø", min: "min", max: "max", count: "filled", distinct: "different" };

export function createFooter({ grid, entity, fields, rows, view }) {
  let latest = 0;

  async function refresh() {
    const asked = Object.entries(view.state.totals).filter(([name]) => fields.has(name));
    const turn = (latest += 1);
    if (!asked.length) return grid.setGridOption("pinnedBottomRowData", []);
    const query = new URLSearchParams([...rows.conditions(), ["count", "*"]]);
    for (const [name, wanted] of asked) if (FUNCTIONS.has(wanted)) query.append(wanted, name);
    const { groups } = await request(`/api/${entity}?${query}`);
    if (turn !== latest) return undefined;
    const totals = asked.map(([name, wanted]) => [name, { wanted, value: groups[0]?.[wanted]?.[name] ?? null }]);
    return grid.setGridOption("pinnedBottomRowData", [{ id: "totals", ...Object.fromEntries(totals) }]);
  }

  return { refresh };
}

export function totalText(total, field, labels) {
  // A whole number of values is counted, anything else looks like the values themselves.
  if (!total) return "";
  const counted = total.wanted === "count" || total.wanted === "distinct";
  const shown = column(counted ? { ...field, cell: "number", currency: "", unit: "" } : field, labels).valueFormatter({ value: shortened(total) });
  return `${SIGNS[total.wanted]} ${shown || "–"}`;
}

function shortened({ wanted, value }) {
  if (wanted !== "avg" || value === null) return value;
  const text = String(Math.round(Number(value) * 100) / 100);
  return typeof value === "string" ? text : Number(text);
}

// Changes by others, as they happen: patched into the rows that are loaded, or asked for anew where the order may change.

import { changesOf, follow } from "../live.js";

const PAUSE = 1000;

export function followChanges({ grid, options, view, onTotals, onPresence }) {
  let refreshing = 0;

  function refreshSoon() {
    // At once for the first change, then no more than once a second.
    if (refreshing) return;
    grid.refreshInfiniteCache();
    onTotals().catch(() => {});
    refreshing = setTimeout(() => {
      refreshing = 0;
      grid.refreshInfiniteCache();
      onTotals().catch(() => {});
    }, PAUSE);
  }

  function take(change) {
    const node = grid.getRowNode(change.id);
    if (change.type !== "changed") return refreshSoon();
    if (node?.data && change.version > node.data._version) {
      node.setData({ ...node.data, ...change.values, _version: change.version });
      grid.flashCells({ rowNodes: [node], columns: Object.keys(change.values).filter((name) => grid.getColumn(name)) });
    } else if (node?.data) return undefined;
    if (decides(change.values)) refreshSoon();
    return undefined;
  }

  function decides(values) {
    // Whether a change may alter which records there are, in what order, or what is said about them.
    const { sort, filter, search, parameters, totals } = view.state;
    if (filter || search || parameters.length) return true;
    const decisive = new Set([...options.references, ...Object.keys(totals), ...sort.split(",").map((name) => name.replace("-", "").split(".")[0])]);
    return Object.keys(values).some((name) => decisive.has(name));
  }

  return follow({
    position: options.position,
    ...changesOf(options.entity),
    onMessage: take,
    onPresence,
  });
}

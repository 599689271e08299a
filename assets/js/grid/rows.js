// The records of a list, block by block from the API, in the order and under the conditions that the view names.

import { request } from "../http.js";

export function createRows({ entity, largest, view, shown, onLoaded, onError }) {
  const labels = {};
  const known = { total: null };

  function conditions() {
    const { search, filter, asOf, parameters } = view.state;
    const said = [...parameters];
    if (search) said.push(["search", search]);
    if (filter) said.push(["filter", filter]);
    if (asOf) said.push(["as_of", asOf]);
    return said;
  }

  async function page(from, to, extra = {}) {
    const query = new URLSearchParams([...conditions(), ["offset", from], ["limit", to - from], ["labels", "true"]]);
    if (view.state.sort) query.set("sort", view.state.sort);
    for (const [name, value] of Object.entries(extra)) query.set(name, value);
    const answer = await request(`/api/${entity}?${query}`);
    for (const [target, found] of Object.entries(answer.labels)) labels[target] = { ...labels[target], ...found };
    if (answer.total !== null && answer.total !== undefined) known.total = answer.total;
    return answer.records;
  }

  return {
    labels,
    largest,
    conditions,
    get total() {
      return known.total;
    },
    async getRows({ startRow, endRow, successCallback, failCallback }) {
      try {
        const records = await page(startRow, endRow);
        // What was asked for before a change may arrive after it; the next change must not build on the older version.
        successCallback(records.map((record) => newest(record, shown(record.id))), known.total);
        onLoaded();
      } catch (error) {
        failCallback();
        onError(error);
      }
    },
    async between(from, to) {
      // More than one block at a time would be more than the API answers at once.
      const records = [];
      for (let start = from; start < to; start += largest) {
        records.push(...(await page(start, Math.min(to, start + largest), { count: "none" })));
      }
      return records;
    },
  };
}

function newest(record, other) {
  return other?._version > record._version ? other : record;
}

// Changes of cells on their way to the engine: shown at once, all of one action as one batch, which can be taken back.

import { request } from "../http.js";
import { toast } from "../toast.js";
import { merge } from "./merge.js";
import { same } from "./values.js";

export function createSaving({ entity, grid, fields, labels, steps, onChanged, onRefused }) {
  let waiting = Promise.resolve();

  function save(updates, { create = [], label = "" } = {}) {
    // One after the other, since each change builds on the version that the one before it made.
    const work = waiting.then(() => perform(updates, create, label));
    waiting = work.catch(() => {});
    steps.after(work);
    return work;
  }

  async function perform(updates, create, label, attempts = 3) {
    const changed = updates.map(({ record, values }) => ({ record: latest(record), values })).filter(({ record, values }) => differs(record, values));
    if (!changed.length && !create.length) return null;
    const update = changed.map(({ record, values }) => ({ id: record.id, _version: record._version, ...values }));
    show(changed.map(({ record, values }) => ({ ...record, ...values })));
    try {
      const done = await request(`/api/${entity}/batch`, { method: "POST", body: { update, create } });
      if (done.count === changed.length + create.length) show(changed.map(({ record, values }) => ({ ...record, ...values, _version: record._version + 1 })));
      else await look(changed);
      steps.push({ batch: done.batch, label: label || described(changed, create) });
      onChanged(create.length > 0);
      return done;
    } catch (error) {
      show(changed.map(({ record }) => record));
      return recover(error, { changed, create, label, attempts });
    }
  }

  async function recover(error, { changed, create, label, attempts }) {
    const failed = error.problem?.failed ?? [];
    if (attempts && failed.length && failed.every(({ status }) => status === 412)) {
      const settled = await merge({ entity, fields, labels, changes: changed, ids: failed.map(({ id }) => id) });
      show(settled.records);
      return settled.changes.length || create.length ? perform(settled.changes, create, label, attempts - 1) : null;
    }
    const message = sentence(error, failed, fields);
    toast(message, { bad: true });
    onRefused(changed, message);
    throw error;
  }

  async function look(changed) {
    // Some values meant what was there already, such as 1.5 where 1.50 stands: what is there now is asked for.
    for (const { record } of changed) show([await request(`/api/${entity}/${record.id}`)]);
  }

  function latest(record) {
    return grid.getRowNode(record.id)?.data ?? record;
  }

  function show(records) {
    for (const record of records) {
      const node = grid.getRowNode(record.id);
      if (node?.data) node.setData(record);
    }
  }

  return { save };
}

function differs(record, values) {
  return Object.keys(values).some((name) => !same(record[name], values[name]));
}

function described(changed, create) {
  const count = changed.length + create.length;
  return `${new Intl.NumberFormat().format(count)} ${count === 1 ? "record" : "records"}`;
}

export function sentence(error, failed, fields) {
  const first = failed[0];
  const [name, message] = Object.entries(first?.errors ?? {})[0] ?? [];
  if (!message) return first?.detail || error.message;
  const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : "";
  return `${fields.get(name)?.title ?? name} ${message}${more}. Nothing was changed.`;
}

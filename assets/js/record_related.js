// What refers to a record: the first few of each kind, how many there are, the way to all of them, and to one more.

import { display } from "./cells.js";
import { button, later, node } from "./dom.js";
import { element, request } from "./http.js";
import { changesOf, follow } from "./live.js";
import { attempt } from "./toast.js";

const SHOWN = 10;

export async function showRelated({ related, reference, position }) {
  const place = await element("[data-related]");
  const lists = related.map((one) => build(one, reference));
  place.append(...lists.map(({ panel }) => panel));

  function load(entity) {
    return Promise.all(lists.filter(({ one }) => !entity || one.entity === entity).map((list) => attempt(() => fill(list, reference))));
  }

  load();
  for (const entity of new Set(related.map((one) => one.entity))) {
    const own = lists.filter(({ one }) => one.entity === entity);
    const refresh = later(() => load(entity));
    follow({ position, ...changesOf(entity), onState: () => {}, onMessage: (change) => (change.type === "reload" || own.some((list) => concerns(list, change, reference))) && refresh() });
  }
  return { load };
}

function concerns({ one, shown }, { id, values = {} }, reference) {
  return shown.has(id) || values[one.field] === reference;
}

function build(one, reference) {
  const count = node("span", { className: "pill number" });
  const body = node("div", { className: "scroll" }, node("div", { className: "skeleton" }));
  const filter = `${one.field} = '${reference.replaceAll("'", "''")}'`;
  const all = node("a", { href: `/${one.entity}?${new URLSearchParams({ filter })}`, text: "Show all" });
  const add = button("Add", () => window.emitEvent("record_add", { entity: one.entity, field: one.field }));
  add.setAttribute("aria-label", `Add to ${one.title}`);
  const symbol = node("span", { className: "icon", text: one.icon, "aria-hidden": "true" });
  const head = node("header", {}, symbol, node("h2", { text: one.title }), count, node("span", { className: "gap" }), all);
  if (one.creatable) head.append(add);
  const panel = node("section", { className: "panel related", "aria-label": one.title }, head, body);
  return { one, panel, body, count, shown: new Set() };
}

async function fill({ one, body, count, shown }, reference) {
  const query = new URLSearchParams({ [one.field]: reference, limit: SHOWN, labels: "true" });
  const { records, total, labels } = await request(`/api/${one.entity}?${query}`);
  shown.clear();
  for (const { id } of records) shown.add(id);
  count.textContent = new Intl.NumberFormat().format(total);
  body.replaceChildren(records.length ? table(one, records, labels) : node("p", { className: "said muted", text: "None yet" }));
}

function table({ entity, columns }, records, labels) {
  const head = node("tr", {}, ...columns.map(({ title }) => node("th", { text: title, scope: "col" })));
  const lines = records.map((record) => {
    const [first, ...others] = columns.map((field) => display(field, record[field.name], labels));
    const link = node("a", { href: `/${entity}/${record.id}` }, plain(first) || record.id);
    return node("tr", {}, ...[link, ...others].map((value) => node("td", { className: "tight" }, value)));
  });
  return node("table", { className: "table" }, node("thead", {}, head), node("tbody", {}, ...lines));
}

function plain(shown) {
  return typeof shown === "string" ? shown : shown.textContent;
}

// Streams, found as one types.

import { cell, fields, later, node, pill, row } from "./dom.js";
import { streamAddress } from "./event_row.js";
import { element, request } from "./http.js";
import { toast } from "./toast.js";

const LIMIT = 100;
const form = await element("[data-filters]");
const list = await element("[data-streams] tbody");
const said = await element("[data-said]");
const numbers = new Intl.NumberFormat();

form.addEventListener("input", later(find, 150));
form.addEventListener("submit", (event) => event.preventDefault());
const { categories } = await request("/categories");
for (const { category, streams } of categories) {
  form.elements.entity.add(new Option(`${category} (${numbers.format(streams)})`, category));
}
await find();

async function find() {
  try {
    const { streams } = await request(`/streams?${new URLSearchParams({ ...fields(form), limit: LIMIT })}`);
    list.replaceChildren(...streams.map((one) => line(one)));
    said.textContent = streams.length === LIMIT ? `The ${LIMIT} changed last` : `${streams.length} found`;
  } catch (error) {
    toast(error.message, { bad: true });
  }
}

function line(one) {
  return row([
    node("td", {}, node("a", { href: streamAddress(one), text: one.stream })),
    cell(numbers.format(one.version), "number"),
    pill(one.last_type, one.last_type === "deleted" ? "bad" : ""),
    cell(numbers.format(one.position), "number muted"),
  ]);
}

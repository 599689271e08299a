// One event as a row of a table; a click shows all of it, as before and after.

import { cell, node, pill, plain, row } from "./dom.js";
import { request } from "./http.js";

const times = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium" });
const KINDS = { created: "good", restored: "good", changed: "brand-soft", deleted: "bad" };
const SHORT = 120;

export function eventRow(event, origin = "", fresh = false) {
  const line = row(
    [
      cell(String(event.position), "number faint"),
      cell(times.format(new Date(event.recorded_at)), "number muted tight"),
      pill(event.type, KINDS[event.type]),
      node("td", { className: "tight" }, node("a", { href: streamAddress(event, origin), text: event.stream })),
      cell(summary(event), "mono muted tight wide"),
      cell(event.meta.name || event.meta.actor || "", "muted tight"),
    ],
    fresh ? "fresh" : "",
  );
  line.event = event;
  return line;
}

export function opensDetails(list) {
  list.addEventListener("click", (click) => {
    const line = click.target.closest("tr");
    if (!line?.event || click.target.closest("a, button")) return;
    if (line.nextElementSibling?.matches(".detail")) line.nextElementSibling.remove();
    else showDetail(line);
  });
}

async function showDetail(line) {
  const place = node("td", { colSpan: 6 });
  line.after(node("tr", { className: "detail" }, place));
  const { event } = line;
  const changes = await changesOf(event);
  place.append(
    node(
      "table",
      { className: "table" },
      node("thead", {}, row(["Field", "Before", "After"].map((text) => node("th", { text })))),
      node("tbody", {}, ...changes.map(([name, before, after]) => row([name, side("del", before), side("ins", after)]))),
    ),
    node("p", { className: "facts-line" }, ...origins(event)),
    node("p", { className: "mono faint", text: `${event.event_id} · ${event.hash}` }),
  );
}

async function changesOf(event) {
  const entries = Object.entries(event.data);
  if (event.type === "deleted" && event.version > 1) {
    const before = await request(`/aggregates/${encodePath(event.stream)}?version=${event.version - 1}`);
    return Object.entries(before.state).map(([name, value]) => [name, value, undefined]);
  }
  return entries.map(([name, value]) => (isChange(value) ? [name, value.from, value.to] : [name, undefined, value]));
}

function side(tag, value) {
  return value === undefined || value === null ? "" : node(tag, { text: plain(value) });
}

function origins(event) {
  const links = [node("a", { href: `${streamAddress(event)}#v${event.version}`, text: `Version ${event.version} of its stream` })];
  for (const name of ["actor", "batch", "correlation", "cause", "request", "source"]) {
    const value = event.meta[name];
    if (value) links.push(" · ", `${name} `, node("a", { href: `/?${new URLSearchParams({ [name]: value })}`, text: value }));
  }
  return links;
}

export function streamAddress(event, origin = "") {
  return `${origin}/streams/${encodePath(event.stream)}`;
}

export function encodePath(stream) {
  return stream.split("/").map(encodeURIComponent).join("/");
}

function isChange(value) {
  return value && typeof value === "object" && Object.keys(value).length === 2 && "to" in value && "from" in value;
}

function summary(event) {
  const text = Object.entries(event.data)
    .map(([name, value]) => (isChange(value) ? `${name}: ${plain(value.from)} → ${plain(value.to)}` : `${name}: ${plain(value)}`))
    .join(", ");
  return text.length > SHORT ? `${text.slice(0, SHORT)}…` : text;
}

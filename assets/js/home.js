// The home of the data port: counts and the last changes, asked again as soon as anything happens.

import { node, pill } from "./dom.js";
import { openExport } from "./export_dialog.js";
import { element, optionsOf, request } from "./http.js";
import { openImport } from "./import_dialog.js";
import { attempt, toast } from "./toast.js";

const { entities } = optionsOf("home");
const SHOWN = 10;
const WAIT = 25;
const PAUSE = 2000;
const KINDS = { created: "good", restored: "good", changed: "brand-soft", deleted: "bad" };
const numbers = new Intl.NumberFormat();
const times = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const counts = {};

await element("[data-recent]");
document.addEventListener("click", open);
document.addEventListener("toggle", showCommand, true); // which does not bubble
await follow();

async function follow() {
  let position = await refresh("");
  for (;;) {
    // At most every other second, and not at all while nobody looks.
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    await visible();
    position = await refresh(position === null ? "" : `&after=${position}&wait=${WAIT}`);
  }
}

async function refresh(after) {
  try {
    const lately = await request(`/api/history?limit=${SHOWN}${after}`);
    const found = await request("/api?counts=true");
    showRecent(lately.changes);
    showCounts(found.entities);
    return lately.position;
  } catch (error) {
    if (!after) toast(error.message, { bad: true });
    await new Promise((resolve) => setTimeout(resolve, 2 * PAUSE));
    return null;
  }
}

function visible() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
}

function showCounts(found) {
  for (const { name, count } of found) {
    const tile = document.querySelector(`[data-entity="${name}"]`);
    if (!tile || count === undefined) continue;
    counts[name] = count;
    tile.querySelector("[data-count]").textContent = numbers.format(count);
    for (const start of tile.querySelectorAll("[data-begin]")) start.hidden = count > 0;
    tile.querySelector("[data-export]")?.toggleAttribute("hidden", !count);
  }
}

function showRecent(changes) {
  const list = document.querySelector("[data-recent]");
  list.removeAttribute("aria-busy");
  if (changes.length) list.replaceChildren(...changes.map(line));
  else list.replaceChildren(node("p", { className: "line muted", text: "Nothing has happened yet." }));
}

function line(change) {
  const who = change.name || change.actor || "";
  return node(
    "a",
    { className: "line recent", href: `/${encodeURIComponent(change.entity)}/${change.id}` },
    pill(change.type, KINDS[change.type]),
    node("strong", { text: change.label }),
    node("span", { className: "muted", text: [change.title, ...(change.fields.length ? [change.fields.join(", ")] : [])].join(": ") }),
    node("span", { className: "gap" }),
    node("span", { className: "muted", text: who }),
    node("time", { className: "faint number", dateTime: change.recorded_at, text: times.format(new Date(change.recorded_at)) }),
  );
}

async function showCommand({ target }) {
  const place = target.matches("[data-program][open]") && target.querySelector("pre");
  if (!place || place.textContent) return;
  const { entity } = target.closest("[data-entity]").dataset;
  await attempt(async () => {
    const { fields } = await request(`/api/${entity}/import`);
    const sample = JSON.stringify(Object.fromEntries(fields.filter(({ required }) => required).map(({ name }) => [name, "…"])));
    place.textContent = `curl -H "Authorization: Bearer $TOKEN" \\\n  --json '${sample}' \\\n  ${location.origin}/api/${entity}`;
  });
}

function open({ target }) {
  const pressed = target.closest("[data-import], [data-export]");
  const entity = pressed?.closest("[data-entity]").dataset.entity;
  if (!entity) return;
  const { title, columns } = entities[entity];
  if (pressed.matches("[data-import]")) openImport({ entity, title });
  else openExport({ entity, title, parameters: [], columns, total: counts[entity] });
}

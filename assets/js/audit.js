// The audit log of accounts.

import { cell, fields, pill, row } from "./dom.js";
import { element, request } from "./http.js";
import { toast } from "./toast.js";

const PAGE = 100;
const BAD = new Set(["login_failed", "refresh_reused", "password_change_failed", "disabled", "deleted"]);
const form = await element("[data-filters]");
const list = await element("[data-audit] tbody");
const more = await element("[data-more]");
const times = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium" });
let next = null;
let asked = 0;

form.addEventListener("input", start);
form.addEventListener("submit", (event) => event.preventDefault());
more.addEventListener("click", load);
await start();

async function start() {
  next = null;
  list.replaceChildren();
  await load();
}

async function load() {
  const mine = ++asked;
  try {
    const page = await request(`/api/audit?${new URLSearchParams({ ...fields(form), limit: PAGE, ...(next ? { before: next } : {}) })}`);
    if (mine !== asked) return; // something else was asked meanwhile
    next = page.next;
    more.hidden = next === null;
    list.append(...page.events.map((event) => line(event)));
  } catch (error) {
    toast(error.message, { bad: true });
  }
}

function line(event) {
  return row([
    cell(times.format(new Date(event.recorded_at)), "number muted tight"),
    pill(event.type, BAD.has(event.type) ? "bad" : ""),
    cell(event.user),
    cell(event.actor, "muted"),
    cell(event.address, "mono muted"),
    cell(event.detail, "muted"),
  ]);
}

// Backups: making, fetching, deleting and putting back.

import { button, bytes, cell, dialog, node, row } from "./dom.js";
import { element, request } from "./http.js";
import { attempt, toast } from "./toast.js";

const list = await element("[data-backups] tbody");
const current = await element("[data-current]");
const times = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const numbers = new Intl.NumberFormat();
let watching = false;

(await element("[data-make]")).addEventListener("click", () => attempt(make));
current.querySelector("[data-cancel]").addEventListener("click", () => attempt(() => request("/backups", { method: "DELETE" })));
await refresh();

async function refresh() {
  const answer = await request("/backups");
  list.replaceChildren(...answer.backups.map((one) => line(one)));
  document.querySelector("[data-empty]").hidden = answer.backups.length > 0;
  showCurrent(answer.current);
  return answer.current;
}

async function make() {
  await request("/backups", { method: "POST" });
  await watch();
}

async function watch() {
  if (watching) return;
  watching = true;
  try {
    let now = await refresh();
    while (now.status === "running") {
      await new Promise((resolve) => setTimeout(resolve, 300));
      now = await refresh();
    }
    if (now.status === "done") toast("The backup is made, and proven by restoring it.");
    if (now.status === "failed") toast(now.reason, { bad: true });
  } finally {
    watching = false;
  }
}

function showCurrent(now) {
  current.hidden = now.status !== "running";
  if (current.hidden) return;
  current.querySelector("[data-step]").textContent = `Making ${now.name}: ${now.step}`;
  const progress = current.querySelector("[data-progress]");
  progress.max = now.of;
  progress.value = now.done;
  watch();
}

function line(one) {
  const address = `/backups/${encodeURIComponent(one.name)}`;
  return row([
    cell(one.name, "mono"),
    cell(one.damaged ?? times.format(new Date(one.created_at)), one.damaged ? "bad-text" : "muted"),
    cell(one.parts ? numbers.format(one.parts["events.duckdb"].events) : "–", "number"),
    cell(one.parts ? numbers.format(one.parts["auth.duckdb"].users) : "–", "number"),
    cell(bytes(one.bytes), "number muted"),
    node(
      "td",
      { className: "actions" },
      node("a", { className: "button", href: address, download: one.name, text: "Download" }),
      button("Restore", () => confirmRestore(one)),
      button("Delete", () => attempt(() => remove(address)), "quiet"),
    ),
  ]);
}

async function remove(address) {
  await request(address, { method: "DELETE" });
  await refresh();
}

function confirmRestore(one) {
  const typed = node("input", { className: "field-input", "aria-label": "Name of the backup", autocomplete: "off" });
  const go = button("Restore and restart", () => attempt(() => restore(one.name, box)), "primary");
  go.disabled = true;
  typed.addEventListener("input", () => (go.disabled = typed.value.trim() !== one.name));
  const box = dialog(
    "Put this backup in the place of everything that is here?",
    node("p", { text: "What is here now is kept in a folder of its own beside the data. Everybody is interrupted for some seconds." }),
    node("p", {}, "To go on, type ", node("code", { text: one.name })),
    typed,
    node("div", { className: "form-foot" }, node("span", { className: "gap" }), button("Cancel", () => box.close()), go),
  );
}

async function restore(name, box) {
  await request(`/backups/${encodeURIComponent(name)}/restore`, { method: "POST", body: { confirm: name } });
  box.querySelector("h2").textContent = "Restoring, then starting again…";
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    const answered = await fetch("/health").then((response) => response.ok, () => false);
    if (answered && (await wasRestarted())) return location.reload();
  }
}

async function wasRestarted() {
  const answer = await fetch("/backups", { headers: { Accept: "application/json" } }).catch(() => null);
  return answer !== null && (answer.status === 401 || (await answer.json()).current?.status === "none");
}

// The page of a record: saving, leaving, and what others do to it meanwhile.

import { element, optionsOf, request } from "./http.js";
import { changesOf, follow } from "./live.js";
import { keepCompany } from "./record_company.js";
import { keepDraft } from "./record_draft.js";
import { showLife } from "./record_life.js";
import { openMerge } from "./record_merge.js";
import { showRelated } from "./record_related.js";
import { buildTabs } from "./record_tabs.js";
import { buildTravel } from "./record_travel.js";
import { attempt, toast } from "./toast.js";

const options = optionsOf("record");
const address = `/api/${options.entity}/${options.id}`;
const list = `/${options.entity}`;
const page = { version: options.version, typed: {}, saving: false, leaving: false, deleted: options.state === "deleted" };

const now = await element("[data-now]");
const tabs = await buildTabs(options);
const draft = options.editable ? await keepDraft(options, restore) : null;
const life = options.state === "new" ? null : await showLife(options, { revert, view: (version) => travel.go(version) });
const travel = life && (await buildTravel(options, life, { now, tabs, restore: bringBack, revert, showLabel }));
const related = options.state === "now" ? await showRelated(options) : null;

window.addEventListener("told", ({ detail }) => TOLD[detail.kind]?.(detail));
window.addEventListener("beforeunload", (event) => {
  if (dirty() && !page.leaving) event.preventDefault();
});
document.addEventListener("keydown", shortcut, true);
document.querySelector("[data-save]")?.addEventListener("click", () => save(false));
document.querySelector("[data-delete]")?.addEventListener("click", () => attempt(remove));
now.addEventListener("input", takeTyped);
if (["now", "deleted"].includes(options.state)) followChanges();

const TOLD = {
  state({ values, version, errors }) {
    page.typed = values;
    tabs.mark(errors);
    draft.keep({ values, version });
    showDirty();
  },
  async saved({ id, version, label, leave }) {
    Object.assign(page, { saving: false, version, typed: {} });
    draft.forget();
    showDirty("Saved");
    for (const one of document.querySelectorAll(".clashing")) one.classList.remove("clashing");
    if (options.state === "new" || leave) return goTo(leave ? backToList() : `/${options.entity}/${id}`);
    showLabel(label);
    await life.load();
    return travel.refresh();
  },
  refused({ errors, detail }) {
    page.saving = false;
    tabs.mark(errors);
    if (errors.length) showField(errors[0]);
    if (detail) toast(detail, { bad: true });
    showDirty();
  },
  async conflict({ fields, version, changes }) {
    page.saving = false;
    showDirty();
    const mine = await openMerge(options, fields, version, changes);
    if (mine) send("record_merge", { mine });
  },
  moved({ fields, clashing, label }) {
    showLabel(label);
    for (const name of fields) flash(fieldOf(name));
    for (const name of clashing) fieldOf(name)?.classList.add("clashing");
    if (clashing.length) toast(`${clashing.map(titleOf).join(", ")}: others have changed this too. When you save, you choose.`);
  },
  added({ entity }) {
    related.load(entity);
  },
};

function send(name, detail = {}) {
  if (!window.socket?.connected) {
    toast("The server cannot be reached. What you typed is kept in this browser.", { bad: true });
    return false;
  }
  window.emitEvent(name, detail);
  return true;
}

function save(leave) {
  if (!options.editable || page.saving || now.hidden) return;
  page.saving = send("record_save", { leave });
  if (page.saving) showDirty("Saving");
}

function takeTyped({ target }) {
  // The server tells all that was typed, but not while it is gone.
  const { field } = target.dataset;
  if (!field || target.type === "file" || target.getAttribute("role") === "combobox") return;
  page.typed[field] = target.value;
  draft?.add(field, target.value);
  showDirty();
}

function restore(kept) {
  send("record_draft", kept);
}

function dirty() {
  return Object.keys(page.typed).length > 0;
}

function showDirty(words = "") {
  const pill = document.querySelector("[data-dirty]");
  const count = Object.keys(page.typed).length;
  if (!words && !count && pill.textContent === "Saved") return;
  pill.textContent = words || (count === 1 ? "1 unsaved change" : `${count} unsaved changes`);
  pill.className = words === "Saved" ? "pill good" : "pill warn";
  pill.hidden = !words && !count;
  document.querySelector("[data-save]")?.toggleAttribute("disabled", page.saving);
}

function goTo(target) {
  page.leaving = true;
  if (options.state === "new") location.replace(target);
  else location.assign(target);
}

function backToList() {
  const before = document.referrer && new URL(document.referrer);
  return before && before.origin === location.origin && before.pathname === list ? before.href : list;
}

function shortcut(event) {
  if (!(event.ctrlKey || event.metaKey) || document.querySelector("dialog[open], .q-dialog")) return;
  if (event.key.toLowerCase() === "s" || (event.key === "Enter" && options.editable)) {
    event.preventDefault();
    save(event.key === "Enter");
  }
}

function fieldOf(name) {
  return document.querySelector(`.record-form .field-${name}`);
}

function titleOf(name) {
  return options.fields[name]?.title ?? name;
}

function showField(name) {
  tabs.reveal(name);
  const root = fieldOf(name);
  // Once it is painted: a field that has just become visible cannot be focused yet.
  requestAnimationFrame(() => setTimeout(() => (root?.querySelector("input, textarea") ?? root)?.focus()));
}

function showLabel(label) {
  document.title = document.title.replace(options.label, label);
  options.label = label;
  for (const place of document.querySelectorAll("[data-label], .crumbs > :last-child")) place.textContent = label;
}

function flash(root) {
  if (!root) return;
  root.classList.remove("moved");
  requestAnimationFrame(() => root.classList.add("moved"));
  setTimeout(() => root.classList.remove("moved"), 2500);
}

function followChanges() {
  const company = keepCompany({ options, root: now, place: document.querySelector("[data-people]"), following: () => following });
  const following = follow({
    position: options.position,
    ...changesOf(options.entity),
    onMessage: takeChange,
    onPresence: company,
  });
}

async function leaveIfClosed() {
  // What decides who may read it has changed; where it merely cannot be asked for now, what was typed stays.
  await request(address).catch(({ problem }) => [403, 404].includes(problem?.status) && location.reload());
}

async function takeChange({ id, type, version }) {
  if (type === "reload") return leaveIfClosed();
  if (id !== options.id) return;
  if (type === "leave") return location.reload(); // it may not be read any more
  if (type === "restored" && page.deleted && !page.leaving) return goTo(location.pathname);
  await life.load();
  if (type === "deleted") {
    page.deleted = true;
    travel.showDeleted();
  } else {
    if (version > page.version && options.editable) window.emitEvent("record_refresh", {});
    travel.refresh();
  }
}

async function remove() {
  await request(address, { method: "DELETE", headers: { "If-Match": `"${page.version}"` } });
  page.deleted = true;
  toast(`${options.label} deleted`, { action: "Undo", onAction: bringBack });
  await life.load();
  travel.showDeleted();
}

function bringBack() {
  return attempt(async () => {
    await request(`${address}/restore`, { method: "POST" });
    goTo(location.pathname);
  });
}

function revert(version) {
  return attempt(async () => {
    const before = life.newest().version;
    await request(`${address}/revert`, { method: "POST", body: { version }, headers: { "If-Match": `"${before}"` } });
    if (options.state === "past") return goTo(location.pathname);
    toast(`Back at version ${version}`, { action: "Undo", onAction: () => revert(before) });
    await life.load();
    travel.toNow();
  });
}


// Back and forth in the life of a record: a slider over its versions, each with an address of its own, and all read-only.

import { button, later, node } from "./dom.js";
import { element, request } from "./http.js";
import { moment, who } from "./record_life.js";
import { viewOf } from "./record_view.js";

export async function buildTravel(options, life, { now, tabs, restore, revert, showLabel }) {
  const slider = await element("[data-travel]");
  const words = document.querySelector("[data-travel-words]");
  const then = document.querySelector("[data-then]");
  const banners = document.querySelector("[data-banners]");
  const address = `/api/${options.entity}/${options.id}`;
  let asked = 0;
  slider.addEventListener("input", () => mark(Number(slider.value)));
  slider.addEventListener("input", later(() => go(Number(slider.value)), 80));
  window.addEventListener("popstate", start);

  function start() {
    const asOf = new URLSearchParams(location.search).get("as_of");
    if (asOf) return show(life.at(asOf), asOf);
    if (options.state === "deleted") return showDeleted();
    return toNow();
  }

  function go(version) {
    const newest = life.newest().version;
    const query = version === newest ? "" : `?as_of=${life.versions().find((one) => one.version === version).position}`;
    if (!query && options.state === "past") return location.assign(location.pathname);
    const step = location.search && query ? "replaceState" : "pushState";
    if (location.search !== query) history[step](null, "", `${location.pathname}${query}${location.hash}`);
    return start();
  }

  function mark(version) {
    slider.max = life.newest().version;
    slider.value = version ?? slider.min;
    const one = life.versions().find((each) => each.version === version);
    words.textContent = one ? `Version ${version} of ${slider.max} · ${moment(one.recorded_at)}` : "Before it was created";
    slider.setAttribute("aria-valuetext", words.textContent);
    for (const item of document.querySelectorAll("[data-version]")) item.toggleAttribute("data-here", Number(item.dataset.version) === version);
  }

  async function show(one, asOf) {
    mark(one?.version);
    const gone = !one || one.type === "deleted";
    const shown = gone ? null : await fetchOnce(`?as_of=${encodeURIComponent(asOf)}`);
    if (shown === undefined) return;
    render(shown, new Set(one?.type === "changed" ? Object.keys(one.changes) : []));
    const at = Number.isNaN(Number(asOf)) ? moment(asOf) : one && moment(one.recorded_at);
    const links = [node("a", { href: location.pathname, text: "Back to now", onclick: backToNow })];
    if (!gone && options.may.update && life.newest().type !== "deleted") links.unshift(button("Revert to this", () => revert(one.version)));
    banner(`As it was${at ? ` on ${at}` : ""}: ${stateOf(one)}. Nothing can be changed here.`, links);
  }

  function backToNow(event) {
    if (options.state === "past") return;
    event.preventDefault();
    history.pushState(null, "", location.pathname + location.hash);
    start();
  }

  async function fetchOnce(query) {
    const mine = ++asked;
    const record = await request(address + query).catch(() => null);
    return mine === asked ? record : undefined;
  }

  async function toNow() {
    mark(life.newest().version);
    banner("");
    if (options.editable) return render(null, new Set(), true);
    const record = await fetchOnce("");
    if (record !== undefined) render(record, new Set());
  }

  async function showDeleted() {
    const last = life.newest();
    mark(last.version);
    const before = life.versions()[1];
    render(await fetchOnce(`?as_of=${before.position}`), new Set());
    const actions = options.may.delete ? [button("Restore", restore, "primary")] : [];
    banner(`Deleted by ${who(last)} on ${moment(last.recorded_at)}. This is how it last was.`, actions);
  }

  function render(record, changed, isNow = false) {
    now.hidden = !isNow;
    then.hidden = isNow;
    if (record && options.state !== "now") showLabel(record[options.display] ?? options.label);
    then.replaceChildren(...(record ? viewOf(options, record, changed) : []));
    if (!record && !isNow) then.append(node("p", { className: "said muted", text: "There is nothing to show." }));
    tabs.refresh();
  }

  function banner(text, actions = []) {
    banners.querySelector(".travel-banner")?.remove();
    then.classList.toggle("past", Boolean(text));
    for (const one of document.querySelectorAll("[data-save], [data-delete]")) one.hidden = Boolean(text);
    if (!text) return;
    const space = node("span", { className: "gap" });
    banners.prepend(node("div", { className: "notice travel-banner", role: "status" }, node("span", { text }), space, ...actions));
  }

  function refresh() {
    if (now.hidden && location.search) mark(life.at(new URLSearchParams(location.search).get("as_of"))?.version);
    else start();
  }

  start();
  return { go, toNow: () => go(life.newest().version), showDeleted, refresh };
}

function stateOf(one) {
  if (!one) return "it did not exist yet";
  return one.type === "deleted" ? "it was deleted" : `version ${one.version}, by ${who(one)}`;
}

// The saved views of a list: chosen, saved, shared with everybody who may read it, renamed and deleted.

import { button, dialog, node } from "../dom.js";
import { request } from "../http.js";
import { toast } from "../toast.js";
import { confirm } from "./confirm.js";

const KEPT = ["columns", "filter", "search", "sort", "density", "totals"];

export async function createViews({ entity, view, opener }) {
  const place = `/api/${entity}/views`;
  let saved = [];

  async function load() {
    ({ views: saved } = await request(place));
    label();
  }

  function current() {
    return saved.find(({ id }) => id === view.state.view);
  }

  function label() {
    opener.lastChild.textContent = current()?.name ?? "Views";
    opener.classList.toggle("on", Boolean(current()));
  }

  function choose(one) {
    const state = one?.state ?? {};
    const shown = { columns: null, filter: "", search: "", sort: "", density: "normal", totals: {}, ...state };
    if (shown.columns) shown.columns = shown.columns.filter(({ hidden }) => !hidden);
    view.set({ ...shown, parameters: Object.entries(state.parameters ?? {}), view: one?.id ?? "" });
    label();
  }

  async function save(name, shared) {
    const one = await request(place, { method: "POST", body: { name, shared, state: stateOf(view.state) } });
    view.set({ view: one.id }, { replace: true });
    await load();
    toast(`${one.name} saved`);
  }

  async function change(one, body) {
    await request(`${place}/${one.id}`, { method: "PATCH", body, headers: { "If-Match": `"${one.version}"` } });
    await load();
  }

  async function remove(one) {
    if (!(await confirm(`Delete the view ${one.name}?`, one.shared ? "It goes for everybody; the records stay." : "The records stay.", "Delete", { danger: true }))) return;
    await request(`${place}/${one.id}`, { method: "DELETE" });
    if (view.state.view === one.id) view.set({ view: "" }, { replace: true });
    await load();
    toast(`${one.name} deleted`, { action: "Undo", onAction: () => request(`${place}/${one.id}/restore`, { method: "POST" }).then(load) });
  }

  opener.addEventListener("click", async () => {
    await load();
    openMenu({ saved, current, choose, save, change, remove, view });
  });
  await load();
  return { label };
}

function stateOf(state) {
  const kept = Object.fromEntries(KEPT.map((name) => [name, state[name]]).filter(([, value]) => value && (typeof value !== "object" || Object.keys(value).length)));
  if (state.parameters.length) kept.parameters = Object.fromEntries(state.parameters);
  return kept;
}

function openMenu({ saved, current, choose, save, change, remove, view }) {
  const name = node("input", { className: "field-input", placeholder: "Name of a new view", required: true, maxLength: 80, "aria-label": "Name of a new view" });
  const shared = node("input", { type: "checkbox" });
  const problem = node("p", { className: "notice bad", role: "alert", hidden: true });
  const guarded = (work) => async (event) => {
    event?.preventDefault();
    try {
      await work();
      box.close();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
  };
  const line = (one) => {
    const chosen = one.id === view.state.view;
    const open = node("button", { type: "button", className: `button quiet wide${chosen ? " on" : ""}`, text: one.name, onclick: guarded(() => choose(one)) });
    if (chosen) open.setAttribute("aria-current", "true");
    const tools = one.mine ? [button("Update", guarded(() => change(one, { state: stateOf(view.state) })), "quiet"), button(one.shared ? "Make personal" : "Share", guarded(() => change(one, { shared: !one.shared })), "quiet"), button("Delete", guarded(() => remove(one)), "quiet danger")] : [];
    return node("li", {}, open, node("span", { className: "pill", text: one.shared ? "shared" : "personal" }), ...tools);
  };
  const all = node("li", {}, node("button", { type: "button", className: `button quiet wide${current() ? "" : " on"}`, text: "All records", onclick: guarded(() => choose(null)) }));
  const form = node("form", { className: "filter-line", onsubmit: guarded(() => save(name.value.trim(), shared.checked)) }, name, node("label", { className: "pick" }, shared, "for everybody"), node("button", { className: "button primary", text: "Save this view" }));
  const box = dialog("Views", node("ul", { className: "column-list views" }, all, ...saved.map(line)), form, problem, node("div", { className: "form-foot" }, button("Close", () => box.close())));
  box.classList.add("broad");
}

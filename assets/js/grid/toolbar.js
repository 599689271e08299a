// Above the grid: search, filters, columns, what time it is looked at, and how many records there are.

import { button, later, node } from "../dom.js";
import { element } from "../http.js";
import { openForm } from "./opening.js";

const numbers = new Intl.NumberFormat();

export async function toolbar({ options, view, rows, steps, columns, filter, bring, take }) {
  const search = await element("[data-search]");
  const total = await element("[data-total]");
  const nowhere = await element("[data-empty]");
  const tools = await element("[data-tools]");
  const buttons = {
    filter: tool("Filter", "filter_list", filter),
    views: tool("Views", "bookmarks", () => {}),
    columns: tool("Columns", "view_column", columns),
    past: tool("Time travel", "history", () => togglePast()),
    density: tool("Row height", "density_medium", () => view.set({ density: { normal: "tall", tall: "compact", compact: "normal" }[view.state.density] })),
    undo: tool("Undo", "undo", steps.undo),
    redo: tool("Redo", "redo", steps.redo),
  };
  for (const name of ["past", "density", "undo", "redo"]) iconOnly(buttons[name]);
  tools.append(buttons.views, buttons.filter, buttons.columns, buttons.density, buttons.past, ...(options.editable ? [buttons.undo, buttons.redo] : []));
  document.addEventListener("steps", ({ detail }) => {
    buttons.undo.disabled = !detail.undo;
    buttons.redo.disabled = !detail.redo;
  });
  search.addEventListener("input", later(() => view.set({ search: search.value.trim() }), 200));
  document.querySelector("[data-new]")?.addEventListener("click", () => openForm(options));
  const togglePast = await offerThePast(options, view);

  document.querySelector("[data-import]")?.addEventListener("click", bring);
  document.querySelector("[data-export]")?.addEventListener("click", take);

  return {
    filter,
    columns,
    views: buttons.views,
    focusSearch: () => search.focus(),
    show() {
      if (document.activeElement !== search) search.value = view.state.search;
      buttons.filter.classList.toggle("on", Boolean(view.state.filter));
      buttons.filter.title = view.state.filter;
      if (rows.total !== null) total.textContent = rows.total === 1 ? "1 record" : `${numbers.format(rows.total)} records`;
    },
    showEmpty(nothing) {
      nowhere.hidden = !nothing;
      if (nothing) nowhere.replaceChildren(...empty(options, view));
    },
  };
}

function empty(options, view) {
  const { search, filter, parameters } = view.state;
  if (search || filter || parameters.length) {
    return [node("h2", { text: "Nothing matches" }), button("Show all records", () => view.set({ search: "", filter: "", parameters: [] }))];
  }
  const create = options.creatable ? [button("New record", () => openForm(options), "primary")] : [];
  return [node("h2", { text: "Nothing here yet" }), ...create];
}

function tool(label, icon, onclick) {
  return node("button", { type: "button", className: "button quiet", onclick }, node("span", { className: "icon", text: icon, "aria-hidden": "true" }), node("span", { text: label }));
}

function iconOnly(made) {
  made.title = made.lastChild.textContent;
  made.setAttribute("aria-label", made.title);
  made.lastChild.remove();
}

async function offerThePast(options, view) {
  const moment = await element("[data-as-of]");
  const shown = moment.closest("label");
  const written = document.querySelector("[data-moment]");
  if (options.asOf && Number.isNaN(Number(options.asOf))) {
    const then = new Date(options.asOf);
    moment.value = new Date(then - then.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
    written.textContent = then.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
  } else if (options.asOf) written.textContent = `position ${options.asOf} of the log`;
  document.querySelector("[data-now]")?.addEventListener("click", (event) => {
    event.preventDefault();
    view.set({ asOf: "" });
  });
  moment.addEventListener("change", () => moment.value && view.set({ asOf: new Date(moment.value).toISOString() }));
  shown.hidden = !options.asOf;
  return () => {
    shown.hidden = !shown.hidden;
    if (!shown.hidden) moment.focus();
  };
}

// Many records at once: what would become of them is shown before it happens, and it can be taken back as one.

import { button, dialog, node } from "../dom.js";
import { request } from "../http.js";
import { toast } from "../toast.js";
import { choices } from "./choices.js";
import { sentence } from "./saving.js";
import { fromText, toText } from "./values.js";

const numbers = new Intl.NumberFormat();

export function createBulk({ entity, display, fields, labels, rows, view, steps, onDone }) {
  async function meant(picked) {
    // All that a filter lets through is left to the engine; what is searched for has to be named one by one.
    if (!picked.all) return { ids: picked.ids };
    const { search, filter, parameters } = view.state;
    if (!search && !parameters.length) return { filter: filter || "true" };
    const ids = [];
    for (let cursor = ""; cursor !== null; ) {
      const query = new URLSearchParams([...rows.conditions(), ["fields", "id"], ["limit", rows.largest], ["count", "none"], ["cursor", cursor]]);
      const page = await request(`/api/${entity}?${query}`);
      ids.push(...page.records.map(({ id }) => id));
      cursor = page.next;
    }
    return { ids };
  }

  async function send(body, dryRun) {
    return request(`/api/${entity}/batch`, { method: "POST", body: { ...body, dry_run: dryRun } });
  }

  async function perform(body, count, word) {
    const done = await send(body, false);
    const label = `${numbers.format(done.count)} ${done.count === 1 ? "record" : "records"} ${word}`;
    steps.push({ batch: done.batch, label });
    onDone();
    toast(label, { action: "Undo", onAction: steps.undo });
  }

  return {
    edit: (picked) => openEdit({ picked, meant, send, perform, fields, labels, display }),
    remove: (picked) => openRemoval({ picked, meant, send, perform }),
  };
}

function openEdit({ picked, meant, send, perform, fields, labels, display }) {
  const values = new Map();
  const lines = node("div", { className: "stack plain" });
  const preview = node("div", { className: "scroll", "aria-live": "polite" });
  const problem = node("p", { className: "notice bad", role: "alert", hidden: true });
  const editable = [...fields.values()].filter((field) => field.editable);
  const say = (error) => {
    problem.textContent = sentence(error, error.problem?.failed ?? [], fields);
    problem.hidden = false;
  };

  const body = async () => ({ update: { ...(await meant(picked)), set: Object.fromEntries(values) } });
  const guarded = (work) => async () => {
    problem.hidden = true;
    try {
      await work();
    } catch (error) {
      say(error);
    }
  };
  const look = guarded(async () => {
    const told = await send(await body(), true);
    preview.replaceChildren(previewTable(told, { fields, labels, display, names: [...values.keys()] }));
  });
  const apply = guarded(async () => {
    await perform(await body(), picked.count, "changed");
    box.close();
  });

  lines.append(line(editable, labels, values));
  const more = button("Another field", () => lines.append(line(editable, labels, values)));
  const box = dialog(
    `Edit ${numbers.format(picked.count)} ${picked.count === 1 ? "record" : "records"}`,
    lines, more, problem, preview,
    node("div", { className: "form-foot" }, button("Cancel", () => box.close()), button("Preview", look), button("Apply", apply, "primary")),
  );
  box.classList.add("broad");
}

function line(editable, labels, values) {
  const place = node("span", { className: "filter-value" });
  const select = node("select", { className: "field-input", "aria-label": "Field to set" }, ...editable.map(({ name, title }) => new Option(title, name)));
  let before = null;
  const show = () => {
    values.delete(before);
    before = select.value;
    values.set(before, null);
    place.replaceChildren(control(editable.find(({ name }) => name === select.value), labels, (value) => values.set(select.value, value)));
  };
  const free = editable.find(({ name }) => !values.has(name));
  if (free) select.value = free.name;
  select.addEventListener("change", show);
  show();
  return node("div", { className: "filter-line" }, select, node("span", { className: "muted", text: "becomes" }), place);
}

function control(field, labels, take) {
  if (field.options || field.references || field.cell === "boolean") {
    const shown = button("nothing", () => {
      const picker = choices({ field, value: null, labels, words: "", onTake: () => settle() });
      const settle = () => {
        take(picker.value());
        shown.textContent = toText(picker.value(), field, labels) || "nothing";
        picker.box.replaceWith(shown);
        shown.focus();
      };
      shown.replaceWith(picker.box);
      picker.focus();
    });
    return shown;
  }
  const type = field.cell === "date" ? "date" : "text";
  const input = node("input", { className: "field-input", type, placeholder: "nothing", "aria-label": `New ${field.title}` });
  input.addEventListener("input", () => take(fromText(input.value, field)));
  return input;
}

function previewTable({ changes, count }, { fields, labels, display, names }) {
  const head = node("tr", {}, node("th", { text: "Record" }), ...names.flatMap((name) => [node("th", { text: `${fields.get(name).title} now` }), node("th", { text: "then" })]));
  const lines = changes.slice(0, 100).map(({ id, before, after }) =>
    node("tr", {}, node("td", { text: toText(before[display], fields.get(display) ?? {}, labels) || id }), ...names.flatMap((name) => [node("td", { className: "muted", text: toText(before[name], fields.get(name), labels) }), node("td", { text: toText(after[name], fields.get(name), labels) })])),
  );
  const words = count ? `${numbers.format(count)} would change${count > lines.length ? `; these are the first ${lines.length}` : ""}.` : "Nothing would change: they are so already.";
  return node("div", {}, node("p", { className: "muted", text: words }), node("table", { className: "table" }, node("thead", {}, head), node("tbody", {}, ...lines)));
}

async function openRemoval({ picked, meant, send, perform }) {
  const what = await meant(picked);
  const words = node("p", { text: "Looking at what else would go…" });
  const problem = node("p", { className: "notice bad", role: "alert", hidden: true });
  const go = button(`Delete ${numbers.format(picked.count)}`, async () => {
    go.disabled = true;
    try {
      await perform({ delete: what.ids ?? what }, picked.count, "deleted");
      box.close();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
      go.disabled = false;
    }
  }, "danger");
  go.disabled = true; // until one has seen what goes with it
  const box = dialog(`Delete ${numbers.format(picked.count)} ${picked.count === 1 ? "record" : "records"}?`, words, problem, node("div", { className: "form-foot" }, button("Cancel", () => box.close()), go));
  try {
    const { count } = await send({ delete: what.ids ?? what }, true);
    const more = count > picked.count ? ` With them go ${numbers.format(count - picked.count)} others that belong to them or change.` : "";
    words.textContent = `They stay in the history, and Undo brings them back.${more}`;
    go.disabled = false;
  } catch (error) {
    words.textContent = "";
    problem.textContent = sentence(error, error.problem?.failed ?? [], new Map());
    problem.hidden = false;
  }
}

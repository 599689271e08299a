// The life of a record at its side: each version with what changed, who is to blame for which value, and what the system knows.

import { button, node, pill } from "./dom.js";
import { element, request } from "./http.js";
import { inWords } from "./record_view.js";

const SHOWN = 20;
const KINDS = { created: "good", restored: "good", changed: "brand-soft", deleted: "bad" };
const times = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

export async function showLife(options, actions) {
  const list = await element("[data-timeline]");
  const life = { versions: [], blame: {} };
  let shown = SHOWN;
  document.addEventListener("focusin", ({ target }) => tellBlame(target));

  async function load() {
    Object.assign(life, await request(`/api/${options.entity}/${options.id}/history`));
    render();
  }

  function render() {
    const { versions } = life;
    document.querySelector("[data-versions]").textContent = versions.length === 1 ? "1 version" : `${versions.length} versions`;
    list.replaceChildren(...versions.slice(0, shown).map((one, index) => entry(options, one, index === 0, actions)));
    if (versions.length > shown) list.append(node("li", {}, button(`Show ${versions.length - shown} older`, more)));
    document.querySelector("[data-about]").replaceChildren(...about(options, versions));
    for (const [name, one] of Object.entries(life.blame)) {
      const root = document.querySelector(`.record-form .field-${name}`);
      if (root) root.title = sentence(one);
    }
  }

  function more() {
    shown = Infinity;
    render();
  }

  function tellBlame(target) {
    const name = target.closest?.(".record-form")?.contains(target) && target.closest("[class*='field-']")?.className.match(/\bfield-(\w+)/)?.[1];
    const one = life.blame[name];
    if (name) document.querySelector("[data-blame]").textContent = one ? `${options.fields[name].title}: ${sentence(one)}` : "";
  }

  await load();
  return { load, newest: () => life.versions[0], versions: () => life.versions, at: (asOf) => versionAt(life.versions, asOf) };
}

export function moment(text) {
  return times.format(new Date(text));
}

export function who({ name, actor }) {
  return name || actor || "the system";
}

function sentence(one) {
  return `last changed by ${who(one)}, ${moment(one.recorded_at)} (version ${one.version})`;
}

function versionAt(versions, asOf) {
  const position = Number(asOf);
  return versions.find((one) => (Number.isNaN(position) ? Date.parse(one.recorded_at) <= Date.parse(asOf) : one.position <= position));
}

function entry(options, one, newest, { view, revert }) {
  const head = node(
    "div",
    { className: "entry-head" },
    pill(one.type, KINDS[one.type]),
    node("b", { text: who(one) }),
    node("time", { className: "muted", text: moment(one.recorded_at), dateTime: one.recorded_at, title: exact.format(new Date(one.recorded_at)) }),
  );
  const item = node("li", { "data-version": one.version }, head);
  const said = noted(one);
  if (said) item.append(node("p", { className: "muted", text: said }));
  if (one.type !== "deleted") item.append(changesOf(options, one));
  item.append(buttons(options, one, newest, view, revert));
  return item;
}

function noted({ undoes, batch, source }) {
  if (undoes) return /^\d+$/.test(undoes) ? `Undid the change at position ${undoes}` : `Undid the batch ${short(undoes)}`;
  if (batch) return `Part of the batch ${short(batch)}${source ? ` from ${source}` : ""}`;
  return "";
}

function short(batch) {
  return `…${batch.slice(-8)}`;
}

function changesOf(options, one) {
  const changes = Object.entries(one.changes).filter(([name]) => options.fields[name] && !options.aside.includes(name));
  const lines = changes.map(([name, { from, to }]) => {
    const field = options.fields[name];
    const before = one.type === "changed" ? [node("del", {}, inWords(options, field, from)), " → "] : [];
    return node("li", {}, node("span", { className: "muted", text: `${field.title} ` }), ...before, node("ins", {}, inWords(options, field, to)));
  });
  const whole = node("ul", { className: "changes" }, ...lines);
  if (one.type === "changed") return whole;
  return node("details", {}, node("summary", { text: lines.length === 1 ? "1 value" : `${lines.length} values` }), whole);
}

function buttons(options, one, newest, view, revert) {
  const place = node("div", { className: "entry-actions" });
  if (newest || one.type === "deleted") return place;
  const look = button("View", () => view(one.version), "quiet");
  look.setAttribute("aria-label", `View version ${one.version}`);
  place.append(look);
  if (options.may.update && options.state !== "deleted") {
    const back = button("Revert", () => revert(one.version), "quiet");
    back.setAttribute("aria-label", `Revert to version ${one.version}`);
    place.append(back);
  }
  return place;
}

function about(options, versions) {
  const [last, first] = [versions[0], versions.at(-1)];
  const said = [
    ["Id", node("span", { className: "mono", text: options.id })],
    ["Created", `${moment(first.recorded_at)} by ${who(first)}`],
    ["Last change", `${moment(last.recorded_at)} by ${who(last)}`],
    ["Version", String(last.version)],
    ["Your time zone", Intl.DateTimeFormat().resolvedOptions().timeZone],
  ];
  return said.flatMap(([term, words]) => [node("dt", { text: term }), node("dd", {}, words)]);
}

// The parts of a form: which one is open stands in the address, and those with mistakes in them are marked.

import { node } from "./dom.js";
import { element } from "./http.js";

export async function buildTabs({ tabs, fields }) {
  const bar = await element("[data-tabs]");
  const links = tabs.length > 1 ? tabs.map((tab, number) => link(tab, number)) : [];
  const places = placesOf(tabs);
  let open = 0;
  bar.hidden = !links.length;
  bar.append(...links);
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = links[(open + step + links.length) % links.length];
    next.click();
    next.focus();
  });
  window.addEventListener("hashchange", read);

  function read() {
    const wanted = links.findIndex(({ hash }) => hash === location.hash);
    show(Math.max(0, wanted));
  }

  function show(number) {
    open = number;
    for (const [index, one] of links.entries()) {
      one.setAttribute("aria-selected", String(index === number));
      one.tabIndex = index === number ? 0 : -1;
    }
    refresh();
  }

  function refresh() {
    for (const part of document.querySelectorAll("[data-tab]")) part.hidden = Number(part.dataset.tab) !== open;
  }

  function mark(errors) {
    const wrong = new Set(errors.map((name) => places[name]));
    for (const [index, one] of links.entries()) {
      one.classList.toggle("wrong", wrong.has(index));
      if (wrong.has(index)) one.title = `To be corrected: ${errors.filter((name) => places[name] === index).map((name) => fields[name].title).join(", ")}`;
      else one.removeAttribute("title");
    }
    refresh();
  }

  function reveal(name) {
    const number = places[name];
    if (links.length && number !== undefined && number !== open) {
      history.pushState(null, "", links[number].hash);
      show(number);
    }
  }

  read();
  return { mark, reveal, refresh };
}

function link({ label }, number) {
  const slug = label.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-");
  return node("a", { href: `#${encodeURIComponent(slug)}`, role: "tab", id: `tab-${number}`, text: label });
}

function placesOf(tabs) {
  const places = {};
  for (const [number, { sections }] of tabs.entries()) {
    for (const { columns, fields } of sections) for (const name of [...columns.flat(), ...fields]) places[name] = number;
  }
  return places;
}

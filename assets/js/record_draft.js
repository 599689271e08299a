// What was typed and not saved outlives the page: it is kept in this browser, and offered when the record is opened again.

import { button, node } from "./dom.js";
import { element } from "./http.js";

const times = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export async function keepDraft({ user, entity, id, version }, onRestore) {
  const key = `dbbasic:draft:${user}:${entity}:${id || "new"}`;
  let offered = read(key);
  let kept = { values: {}, version };
  if (offered) (await element("[data-banners]")).append(banner());

  function banner() {
    const moved = offered.version !== version ? " The record has changed since; when you save, you choose." : "";
    return node(
      "div",
      { className: "notice draft", role: "status" },
      node("span", { text: `What you typed on ${times.format(new Date(offered.at))} was not saved.${moved}` }),
      node("span", { className: "gap" }),
      button("Restore draft", restore, "primary"),
      button("Discard", discard),
    );
  }

  function restore() {
    onRestore({ values: offered.values, version: offered.version });
    close();
  }

  function discard() {
    close();
    write();
  }

  function close() {
    offered = null;
    document.querySelector(".notice.draft").remove();
  }

  function keep(state) {
    kept = state;
    write();
  }

  function add(name, value) {
    kept.values[name] = value;
    write();
  }

  function write() {
    // One draft that nobody has decided about yet goes on below the new one.
    const values = { ...offered?.values, ...kept.values };
    if (!Object.keys(values).length) return localStorage.removeItem(key);
    const draft = { at: new Date().toISOString(), values, version: offered?.version ?? kept.version };
    try {
      localStorage.setItem(key, JSON.stringify(draft));
    } catch {
      // The browser's store is full or closed: then there is no rescue, but the form works.
    }
  }

  function forget() {
    kept = { values: {}, version };
    if (offered) close();
    localStorage.removeItem(key);
  }

  return { keep, add, forget };
}

function read(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key));
    return draft?.values && Object.keys(draft.values).length ? draft : null;
  } catch {
    return null;
  }
}

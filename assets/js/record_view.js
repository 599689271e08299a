// A whole record to be read, laid out as its form: as it was at some time, or for those who may not change it.

import { display } from "./cells.js";
import { node } from "./dom.js";
import { request } from "./http.js";

const labels = new Map();

export function viewOf(options, record, changed = new Set()) {
  return options.tabs.map((tab, number) => {
    const parts = tab.sections.flatMap((section) => [
      ...(section.label ? [node("h2", { className: "form-section-label", text: section.label })] : []),
      ...(section.fields.length ? [node("div", { className: "form-section" }, ...all(options, section.fields, record, changed))] : []),
      ...(section.columns.length ? [columns(options, section.columns, record, changed)] : []),
    ]);
    return node("div", { className: "form-tab", "data-tab": number }, ...parts);
  });
}

function columns(options, lists, record, changed) {
  const parts = lists.map((names) => node("div", { className: "form-column" }, ...all(options, names, record, changed)));
  return node("div", { className: `form-section of-${lists.length}` }, ...parts);
}

function all(options, names, record, changed) {
  return names.map((name) => {
    const field = options.fields[name];
    const classes = ["shown-field", field.wide && "wide", changed.has(name) && "changed"].filter(Boolean).join(" ");
    return node("div", { className: classes }, node("span", { className: "faint", text: field.title }), node("div", {}, value(options, field, record[name])));
  });
}

function value(options, field, content) {
  if (content?.type?.startsWith?.("image/") && content.url?.startsWith("/api/")) {
    return node("figure", {}, node("img", { src: content.url, alt: content.name, className: "preview" }), node("figcaption", {}, display(field, content)));
  }
  return inWords(options, field, content);
}

export function inWords(options, field, content) {
  if (field.references && content !== null && content !== undefined) return reference(options, field.references, content);
  return display(field, content);
}

function reference(options, entity, key) {
  const target = options.targets[entity];
  if (!target) return key;
  const id = target.several ? key : encodeURIComponent(key).replace(/[!'()*~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const link = node("a", { href: `/${entity}/${id}`, text: key });
  labelOf(entity, id, target.display).then((text) => text && (link.textContent = text));
  return link;
}

function labelOf(entity, id, name) {
  // The word of now for what was meant then; the id where it is gone, or not for us.
  const key = `${entity}/${id}`;
  if (!labels.has(key)) labels.set(key, request(`/api/${key}`).then((record) => record[name], () => ""));
  return labels.get(key);
}

// How a value looks in a grid, by the `cell` of its field type. All of it is text: nothing here makes HTML from data.

import { bytes } from "./dom.js";

const KINDS = {
  active: "good", paid: "good", confirmed: "brand-soft", shipped: "brand-soft", pending: "warn", draft: "warn",
  inactive: "", cancelled: "bad",
};

export function column(field, labels) {
  const definition = { colId: field.name, field: field.name, headerName: field.title, headerTooltip: field.help || undefined, sortable: field.sortable };
  const format = FORMATS[field.cell] || ((value) => String(value));
  definition.valueFormatter = ({ value }) => (value === null || value === undefined ? "" : measured(format(value, field, labels), field));
  if (RIGHT.has(field.cell)) definition.type = "rightAligned";
  if (RENDERERS[field.cell]) definition.cellRenderer = RENDERERS[field.cell];
  definition.initialFlex = field.cell === "text" || field.cell === "email" || field.cell === "reference" ? 2 : 1;
  definition.minWidth = 120;
  return definition;
}

export function display(field, value, labels = {}) {
  // A value outside a grid, as a text or an element.
  if (value === null || value === undefined || value === "") return "–";
  if (RENDERERS[field.cell]) return RENDERERS[field.cell]({ value }) || String(value);
  return column(field, labels).valueFormatter({ value });
}

const RIGHT = new Set(["number", "decimal", "duration"]);
const numbers = new Intl.NumberFormat();
const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

const FORMATS = {
  number: (value) => numbers.format(value),
  decimal: (value) => grouped(value),
  timestamp: (value) => moments.format(new Date(value)),
  boolean: (value) => (value ? "Yes" : "No"),
  time: (value) => value.replace(/^(\d\d:\d\d):00$/, "$1"),
  duration: (value) => clock(value),
  markdown: (value) => plain(value),
  list: (value) => value.join(", "),
  badges: (value) => value.join(", "),
  json: (value) => JSON.stringify(value),
  file: (value) => value.name,
  reference: (value, field, labels) => labels[field.references]?.[value] ?? value,
};

function measured(text, { currency, unit }) {
  return [currency, text, unit].filter(Boolean).join(" ");
}

function clock(seconds) {
  const [whole, two] = [Math.abs(seconds), (number) => String(number).padStart(2, "0")];
  return `${seconds < 0 ? "-" : ""}${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

function plain(markdown) {
  // One line of the words alone: links and images by their names, without the signs around and before them.
  const words = markdown.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/^\s*(#{1,6}|>|[-*+]|\d+\.)\s+/gm, "");
  return words.replace(/(\*\*|__|~~|`+|\*)(\S(?:.*?\S)?)\1/g, "$2").replace(/\s+/g, " ").trim();
}

function grouped(text) {
  // Digits are moved, never parsed, so that no decimal is ever rounded.
  const [, sign, whole, rest] = /^(-?)(\d+)(.*)$/.exec(text) || [null, "", text, ""];
  return sign + whole.replace(/\B(?=(\d{3})+$)/g, ",") + rest;
}

const RENDERERS = {
  badge: ({ value }) => (value === null || value === undefined ? "" : pill(value)),
  badges: ({ value }) => {
    const pills = document.createElement("span");
    for (const one of value ?? []) pills.append(pill(one), " ");
    return pills;
  },
  email: ({ value }) => link(value, `mailto:${value}`),
  url: ({ value }) => link(value, value),
  file: ({ value }) => (value ? file(value) : ""),
};

function pill(value) {
  const element = document.createElement("span");
  element.className = `pill ${KINDS[value] ?? ""}`;
  element.textContent = value;
  return element;
}

function file({ name, size, url }) {
  const shown = document.createElement("span");
  const weight = document.createElement("small");
  weight.className = "muted";
  weight.textContent = ` ${bytes(size)}`;
  shown.append(url?.startsWith("/api/") ? opening(url, name) : name, weight);
  return shown;
}

function link(value, href) {
  if (!value || !/^(mailto:|https?:\/\/)/i.test(href)) return "";
  return opening(href, value);
}

function opening(href, text) {
  const anchor = document.createElement("a");
  anchor.href = href;
  anchor.rel = "noopener noreferrer";
  if (!href.startsWith("mailto:")) anchor.target = "_blank";
  anchor.textContent = text;
  anchor.addEventListener("click", (event) => event.stopPropagation());
  return anchor;
}

// Elements made of text and other elements; nothing that comes from users is ever read as markup.

export function node(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export function pill(text, kind = "") {
  return node("span", { className: `pill ${kind}`, text });
}

export function button(text, onclick, kind = "") {
  return node("button", { type: "button", className: `button ${kind}`, text, onclick });
}

export function dialog(title, ...children) {
  const box = node("dialog", { className: "confirm", "aria-label": title }, node("h2", { text: title }), ...children);
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}

export function row(cells, className = "") {
  return node("tr", { className }, ...cells.map((one) => (one instanceof HTMLTableCellElement ? one : node("td", {}, one ?? ""))));
}

export function cell(text, className = "") {
  return node("td", { className, text });
}

export function fillTable(table, columns, rows) {
  table.tHead.replaceChildren(node("tr", {}, ...columns.map((name) => node("th", { text: name }))));
  table.tBodies[0].replaceChildren(...rows.map((values) => row(values.map((value) => whole(value)))));
}

function whole(value) {
  const place = cell(plain(value), classOf(value));
  place.title = place.textContent; // where it is cut off
  return place;
}

export function plain(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function classOf(value) {
  if (value === null) return "faint";
  return typeof value === "number" ? "number" : "";
}

export function fields(form) {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value));
}

export function later(work, milliseconds = 250) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...values), milliseconds);
  };
}

const sizes = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

export function bytes(count) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = count ? Math.min(units.length - 1, Math.floor(Math.log10(count) / 3)) : 0;
  return `${sizes.format(count / 1000 ** power)} ${units[power]}`;
}

export async function save(response, name) {
  // The browser must not navigate to a file that needs a header or a body, so it is fetched and then saved.
  const address = URL.createObjectURL(await response.blob());
  const link = node("a", { href: address, download: name });
  link.click();
  URL.revokeObjectURL(address);
}

export async function toClipboard(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Browsers hide it where a page came without encryption, as in a network of one's own.
  const put = (event) => {
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  window.addEventListener("copy", put, true);
  const copied = document.execCommand("copy");
  window.removeEventListener("copy", put, true);
  if (!copied) throw new Error("The browser does not let this page copy.");
  return undefined;
}

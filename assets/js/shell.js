// What every page can do: light or dark, the menu on small screens, the command palette, the list of shortcuts.

const YEAR = 31536000;
const BETWEEN_QUESTIONS = 10_000; // milliseconds, as each renders the page
document.documentElement.lang ||= "en";

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-theme], [data-menu], [data-palette]");
  if (!target) {
    if (!event.target.closest(".side")) document.body.classList.remove("menu-open");
    return;
  }
  if (target.matches("[data-theme]")) switchTheme();
  if (target.matches("[data-menu]")) document.body.classList.toggle("menu-open");
  if (target.matches("[data-palette]")) openPalette();
});

document.addEventListener(
  "keydown",
  (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
    } else if (event.key === "?" && !event.target.closest("input, textarea, select, [contenteditable]")) {
      openShortcuts();
    }
  },
  true,
);

leaveWhenLoggedOut();

async function leaveWhenLoggedOut() {
  // A page whose session has ended elsewhere cannot connect any more: its address then leads to the login.
  while (!window.socket) await new Promise((resolve) => setTimeout(resolve, 100));
  let asked = 0;
  window.socket.on("connect_error", async () => {
    if (Date.now() - asked < BETWEEN_QUESTIONS) return;
    asked = Date.now();
    const options = { method: "HEAD", redirect: "manual", headers: { Accept: "text/html" } };
    const { type } = await fetch(location.href, options).catch(() => ({}));
    if (type === "opaqueredirect") location.reload();
  });
}

function switchTheme() {
  const dark = !document.body.classList.contains("body--dark");
  document.cookie = `dbbasic_theme=${dark ? "dark" : "light"}; path=/; max-age=${YEAR}; samesite=lax`;
  window.Quasar?.Dark.set(dark);
}

function dialog(className, label) {
  const box = document.createElement("dialog");
  box.className = className;
  box.setAttribute("aria-label", label);
  box.addEventListener("close", () => box.remove());
  box.addEventListener("click", (event) => event.target === box && box.close());
  document.body.append(box);
  return box;
}

function openPalette() {
  if (document.querySelector("dialog[open]")) return;
  const box = dialog("palette", "Search or go to");
  const input = document.createElement("input");
  input.placeholder = "Go to a service or to data";
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-label", "Search or go to");
  input.setAttribute("aria-controls", "palette-list");
  input.setAttribute("aria-expanded", "true");
  const list = document.createElement("div");
  list.id = "palette-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Places");
  box.append(input, list);
  let chosen = 0;

  function render() {
    const words = input.value.toLowerCase().split(/\s+/);
    const places = allPlaces().filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)));
    chosen = Math.max(0, Math.min(chosen, places.length - 1));
    list.replaceChildren(...places.map((place, index) => option(place, index === chosen)));
    input.setAttribute("aria-activedescendant", places.length ? "palette-chosen" : "");
    return places;
  }

  input.addEventListener("input", () => {
    chosen = 0;
    render();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") chosen += 1;
    else if (event.key === "ArrowUp") chosen -= 1;
    else if (event.key === "Enter") list.querySelector("[aria-selected=true]")?.click();
    else return;
    event.preventDefault();
    render();
  });
  render();
  box.showModal();
}

function allPlaces() {
  return [...document.querySelectorAll(".side a")].map((link) => ({
    label: [...link.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join("").trim(),
    hint: link.querySelector(".port")?.textContent || "data",
    icon: link.querySelector(".icon")?.textContent,
    href: link.href,
  }));
}

function option({ label, hint, icon, href }, selected) {
  const item = document.createElement("div");
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", String(selected));
  if (selected) item.id = "palette-chosen";
  const symbol = document.createElement("span");
  symbol.className = "icon";
  symbol.setAttribute("aria-hidden", "true");
  symbol.textContent = icon;
  const side = document.createElement("span");
  side.className = "hint mono";
  side.textContent = hint;
  item.append(symbol, label, side);
  item.addEventListener("click", () => location.assign(href));
  return item;
}

function openShortcuts() {
  if (document.querySelector("dialog[open]")) return;
  const box = dialog("shortcuts", "Keyboard shortcuts");
  const title = document.createElement("h2");
  title.textContent = "Keyboard shortcuts";
  const list = document.createElement("dl");
  const own = JSON.parse(document.getElementById("shortcuts-options")?.textContent || "[]");
  for (const [keys, meaning] of [["Ctrl K", "Search or go to"], ["?", "This list"], ["Esc", "Close"], ...own]) {
    const key = document.createElement("dt");
    const label = document.createElement("kbd");
    label.textContent = keys;
    key.append(label);
    const text = document.createElement("dd");
    text.textContent = meaning;
    list.append(key, text);
  }
  box.append(title, list);
  box.showModal();
}

// The log: the newest that match, then each event as it is committed. The filter stands in the address.

import { fields, later, node } from "./dom.js";
import { eventRow, opensDetails } from "./event_row.js";
import { element, request } from "./http.js";
import { follow } from "./live.js";
import { toast } from "./toast.js";

const SHOWN = 100;
const form = await element("[data-filters]");
const list = await element("[data-log] tbody");
const more = await element("[data-more]");
const pause = await element("[data-pause]");
const waiting = [];
let oldest = null;
let live = null;

readAddress();
opensDetails(list);
await start();
await fillChoices();

form.addEventListener("input", later(start));
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => {
  for (const hidden of form.querySelectorAll("input[type=hidden]")) hidden.value = "";
  setTimeout(start);
});
form.elements.stream.addEventListener("input", later(suggest, 150));
more.addEventListener("click", older);
pause.addEventListener("click", () => {
  const paused = pause.getAttribute("aria-pressed") !== "true";
  pause.setAttribute("aria-pressed", String(paused));
  pause.textContent = paused ? "Go on" : "Pause";
  if (!paused) for (const event of waiting.splice(0)) show(event);
});

function wanted(further = {}) {
  const chosen = fields(form);
  for (const name of ["since", "until"]) if (chosen[name]) chosen[name] = new Date(chosen[name]).toISOString();
  return new URLSearchParams({ ...chosen, ...further });
}

async function start() {
  live?.stop();
  waiting.length = 0;
  oldest = null;
  showAddress();
  try {
    const head = (await request("/health")).position;
    list.replaceChildren();
    await older();
    live = follow({
      position: head,
      socket: (position) => `${location.origin.replace("http", "ws")}/ws?${wanted({ after: position })}`,
      poll: (position) => `/events?${wanted({ after: position, limit: 500 })}`,
      onMessage: take,
    });
    for (const event of [...list.children].map((line) => line.event)) if (event?.position > head) live.seen(event.position);
  } catch (error) {
    toast(error.message, { bad: true });
  }
}

async function older() {
  const page = await request(`/events?${wanted({ order: "desc", limit: SHOWN, ...(oldest ? { before: oldest } : {}) })}`);
  list.append(...page.events.map((event) => eventRow(event)));
  oldest = page.events.at(-1)?.position ?? oldest;
  more.hidden = page.events.length < SHOWN;
  if (!list.children.length) {
    list.append(node("tr", { className: "nothing" }, node("td", { colSpan: 6, className: "muted", text: "No event matches." })));
  }
}

function take(event) {
  if (pause.getAttribute("aria-pressed") !== "true") return show(event);
  waiting.push(event);
  if (waiting.length > SHOWN) waiting.shift();
  pause.textContent = `Go on (${waiting.length === SHOWN ? "100+" : waiting.length})`;
}

function show(event) {
  list.querySelector(".nothing")?.remove();
  list.prepend(eventRow(event, "", true));
  while (list.children.length > 10 * SHOWN) list.lastChild.remove();
}

function readAddress() {
  for (const [name, value] of new URLSearchParams(location.search)) {
    const input = form.elements[name];
    if (!input) continue;
    if (input.tagName === "SELECT") input.add(new Option(value, value));
    input.value = value;
  }
}

function showAddress() {
  const chosen = new URLSearchParams(fields(form));
  history.replaceState(null, "", chosen.size ? `?${chosen}` : location.pathname);
  form.querySelector("[data-export]").href = `/export?${wanted()}`;
  const also = form.querySelector("[data-also]");
  const hidden = [...form.querySelectorAll("input[type=hidden]")].filter((input) => input.value);
  also.hidden = !hidden.length;
  also.textContent = hidden.map((input) => `${input.name} ${input.value}`).join(", ");
}

async function fillChoices() {
  const { categories } = await request("/categories");
  const chosen = form.elements.entity.value;
  for (const { category } of categories) {
    if (category !== chosen) form.elements.entity.add(new Option(category, category));
  }
}

async function suggest() {
  const { streams } = await request(`/streams?${new URLSearchParams({ search: form.elements.stream.value, limit: 20 })}`);
  document.getElementById("stream-names").replaceChildren(...streams.map(({ stream }) => node("option", { value: stream })));
}

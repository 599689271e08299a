// The log as it arrives: the newest hundred, then each event as it is committed.

import { eventRow } from "./event_row.js";
import { element, request } from "./http.js";
import { follow } from "./live.js";
import { toast } from "./toast.js";

const SHOWN = 100;
const list = await element("[data-log] tbody");
const more = await element("[data-more]");
const pause = await element("[data-pause]");
const waiting = [];
let oldest = null;

try {
  await older();
  const newest = Number(list.firstElementChild?.firstElementChild.textContent ?? 0);
  follow({
    position: newest,
    socket: (position) => `${location.origin.replace("http", "ws")}/ws?after=${position}`,
    poll: (position) => `/events?after=${position}&limit=500`,
    onMessage: take,
  });
} catch (error) {
  toast(error.message, { bad: true });
}

more.addEventListener("click", older);
pause.addEventListener("click", () => {
  const paused = pause.getAttribute("aria-pressed") !== "true";
  pause.setAttribute("aria-pressed", String(paused));
  pause.textContent = paused ? "Go on" : "Pause";
  if (!paused) for (const event of waiting.splice(0)) show(event);
});

async function older() {
  const before = oldest === null ? "" : `&before=${oldest}`;
  const page = await request(`/events?order=desc&limit=${SHOWN}${before}`);
  list.append(...page.events.map((event) => eventRow(event)));
  oldest = page.events.at(-1)?.position ?? 0;
  more.hidden = page.events.length < SHOWN;
}

function take(event) {
  if (pause.getAttribute("aria-pressed") !== "true") return show(event);
  waiting.push(event);
  if (waiting.length > SHOWN) waiting.shift();
  pause.textContent = `Go on (${waiting.length === SHOWN ? "100+" : waiting.length})`;
}

function show(event) {
  list.prepend(eventRow(event, "", true));
  while (list.children.length > 10 * SHOWN) list.lastChild.remove();
}

// The portal: services are asked every few seconds, events come as they happen.

import { element, optionsOf, request } from "./http.js";
import { eventRow } from "./event_row.js";
import { follow } from "./live.js";

const options = optionsOf("portal");
const SECONDS = 5;
const SHOWN = 12;
const numbers = new Intl.NumberFormat();

await refresh();
setInterval(refresh, SECONDS * 1000);
if (options.events) await followEvents();

async function refresh() {
  try {
    show(await request("/api/status"));
  } catch {
    for (const row of document.querySelectorAll("[data-service]")) mark(row, false, "the portal does not answer");
  }
}

async function show(status) {
  const up = status.services.filter((service) => service.up).length;
  (await element("[data-up]")).textContent = `${up} of ${status.services.length}`;
  (await element("[data-events]")).textContent = numbers.format(status.events);
  const counts = Object.values(status.entities);
  (await element("[data-records]")).textContent = numbers.format(counts.reduce((sum, count) => sum + count, 0));
  for (const [name, count] of Object.entries(status.entities)) {
    const place = document.querySelector(`[data-entity="${name}"]`);
    if (place) place.textContent = numbers.format(count);
  }
  for (const service of status.services) {
    const row = document.querySelector(`[data-service="${service.name}"]`);
    if (row) mark(row, service.up, service.up ? `${service.milliseconds} ms` : service.error);
  }
  const notice = await element("[data-mistakes]");
  notice.hidden = !status.config_mistakes.length;
  notice.textContent = status.config_mistakes.join("\n");
}

function mark(row, up, words) {
  row.querySelector(".dot").className = `dot ${up ? "good" : "bad"}`;
  row.querySelector("[data-said]").textContent = words;
}

async function followEvents() {
  const list = await element("[data-log] tbody");
  const page = await request(`${options.events}/events?order=desc&limit=${SHOWN}`);
  list.replaceChildren(...page.events.map((event) => eventRow(event, options.events)));
  follow({
    position: page.events[0]?.position ?? 0,
    socket: (position) => `${options.events.replace("http", "ws")}/ws?after=${position}`,
    onMessage: (event) => {
      list.prepend(eventRow(event, options.events, true));
      while (list.children.length > SHOWN) list.lastChild.remove();
      document.querySelector("[data-events]").textContent = numbers.format(event.position);
    },
  });
}

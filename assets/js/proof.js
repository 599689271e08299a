// Verifying: lines of progress as they come, then the verdict; and the figures of the store.

import { bytes, fields, node } from "./dom.js";
import { element, request } from "./http.js";

const form = await element("[data-verify]");
const progress = await element("[data-progress]");
const verdict = await element("[data-verdict]");
const stop = await element("[data-stop]");
const numbers = new Intl.NumberFormat();

form.addEventListener("submit", (event) => {
  event.preventDefault();
  verify();
});
await showStats();
setInterval(() => document.hidden || showStats(), 3000);

async function verify() {
  const calling = new AbortController();
  stop.hidden = progress.hidden = false;
  progress.value = 0;
  stop.addEventListener("click", () => calling.abort(), { once: true });
  try {
    const response = await fetch(`/verify?${new URLSearchParams(fields(form))}`, {
      headers: { Accept: "application/json" },
      signal: calling.signal,
    });
    if (!response.ok) throw new Error((await response.json()).detail);
    for await (const line of lines(response.body)) show(JSON.parse(line));
  } catch (error) {
    say("", error.name === "AbortError" ? "Stopped." : error.message);
  } finally {
    stop.hidden = progress.hidden = true;
  }
}

async function* lines(body) {
  let rest = "";
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const parts = (rest + part.value).split("\n");
    rest = parts.pop();
    yield* parts;
  }
}

function show(message) {
  if (message.status === "verifying") {
    progress.max = message.of;
    progress.value = message.position;
    say("", `Event ${numbers.format(message.position)} of ${numbers.format(message.of)}`);
  } else if (message.status === "whole") {
    const range = `Events ${numbers.format(message.from)} to ${numbers.format(message.to)}`;
    say("good-text", `${range} are whole, computed anew in ${message.seconds} s. The last hash is ${message.hash}.`);
  } else {
    say("bad-text", `${message.reason} ${message.remedy}`);
  }
}

function say(kind, words) {
  verdict.className = `said ${kind}`;
  verdict.textContent = words;
}

async function showStats() {
  const stats = await request("/stats");
  const { verified, checkpoints } = stats;
  const facts = {
    Events: numbers.format(stats.position),
    Streams: numbers.format(stats.streams),
    "On disk": Object.entries(stats.bytes).map(([name, size]) => `${name} ${bytes(size)}`).join(", "),
    "Written since the start": `${numbers.format(stats.written)} events in ${numbers.format(stats.commits)} commits`,
    "Events per commit": stats.events_per_commit ?? "–",
    "Waiting to be written": numbers.format(stats.queued),
    Checkpoints: `${checkpoints.count}, the longest ${checkpoints.longest_ms} ms`,
    "Check after the start": verified.reason ?? (verified.status === "whole" ? `whole up to event ${numbers.format(verified.to)}` : verified.status),
  };
  const list = await element("[data-stats]");
  list.replaceChildren(...Object.entries(facts).flatMap(([name, value]) => [node("dt", { text: name }), node("dd", { text: value })]));
}

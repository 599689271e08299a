// My account: sessions, API keys, profile, password.

import { button, cell, fields, node, pill, row } from "./dom.js";
import { element, request } from "./http.js";
import { attempt, toast } from "./toast.js";

const sessions = await element("[data-sessions] tbody");
const keys = await element("[data-keys] tbody");
const profile = await element("[data-profile]");
const password = await element("[data-password]");
const newKey = await element("[data-new-key]");
const secret = await element("[data-secret]");
const times = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

for (const [form, work] of [[password, changePassword], [profile, saveProfile], [newKey, makeKey]]) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(work);
  });
}
(await element("[data-everywhere]")).addEventListener("click", () => attempt(leaveEverywhere));
await Promise.all([showSessions(), showKeys(), showProfile()]);

async function showSessions() {
  const answer = await request("/api/sessions");
  sessions.replaceChildren(
    ...answer.sessions.map((one) =>
      row([
        node("td", { title: one.agent }, device(one), " ", one.current ? pill("this one", "good") : ""),
        cell(one.address, "mono muted"),
        cell(times.format(new Date(one.last_seen)), "number muted"),
        actions(one.current ? "" : button("End", () => attempt(() => end(`/api/sessions/${one.id}`)))),
      ]),
    ),
  );
}

async function showKeys() {
  const answer = await request("/api/keys");
  keys.replaceChildren(
    ...answer.keys.map((one) =>
      row([
        cell(one.name),
        cell(one.scopes.join(" "), "mono"),
        cell(one.expires_at ? times.format(new Date(one.expires_at)) : "never", "number muted"),
        cell(one.last_used ? times.format(new Date(one.last_used)) : "never", "number muted"),
        actions(button("Revoke", () => attempt(() => end(`/api/keys/${one.id}`)))),
      ]),
    ),
  );
}

async function showProfile() {
  const me = await request("/api/me");
  profile.elements.time_zone.value = me.time_zone;
  const language = profile.elements.language;
  if (![...language.options].some((option) => option.value === me.language)) language.add(new Option(me.language));
  language.value = me.language;
  document.getElementById("zones").replaceChildren(...Intl.supportedValuesOf("timeZone").map((value) => node("option", { value })));
}

async function makeKey() {
  const { name, scopes, days } = fields(newKey);
  const body = { name, scopes: scopes.split(/[\s,]+/), ...(days ? { days: Number(days) } : {}) };
  const made = await request("/api/keys", { method: "POST", body });
  newKey.reset();
  secret.hidden = false;
  secret.replaceChildren("Copy the key now; it is not shown again: ", node("code", { text: made.secret }));
  await showKeys();
}

async function end(address) {
  await request(address, { method: "DELETE" });
  await Promise.all([showSessions(), showKeys()]);
}

async function leaveEverywhere() {
  await request("/api/logout", { method: "POST", body: { all: true } });
  location.reload();
}

async function saveProfile() {
  await request("/api/me", { method: "PATCH", body: fields(profile) });
  toast("Saved.");
}

async function changePassword() {
  await request("/api/change-password", { method: "POST", body: Object.fromEntries(new FormData(password)) });
  password.reset();
  toast("The password is changed. Other sessions of yours have ended.");
  await showSessions();
}

function device(one) {
  if (one.kind === "client") return "API client";
  const [, browser] = one.agent.match(/(Firefox|Edg|Chrome|Safari)\//) ?? ["", "Browser"];
  const [, system] = one.agent.match(/(Windows|Mac OS|Android|iPhone|iPad|Linux)/) ?? ["", ""];
  return `${browser === "Edg" ? "Edge" : browser}${system ? `, ${system}` : ""}`;
}

function actions(...children) {
  return node("td", { className: "actions" }, ...children);
}

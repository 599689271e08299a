// How the projections are doing, asked every second, and their controls.

import { button, cell, node, pill, row } from "./dom.js";
import { element, optionsOf, request } from "./http.js";
import { toast } from "./toast.js";

const options = optionsOf("projections");
const list = await element("[data-projections] tbody");
const numbers = new Intl.NumberFormat();
const KINDS = { running: "good", paused: "warn", parked: "bad", rebuilding: "brand-soft" };
let shown = "";

await refresh();
setInterval(refresh, 1000);

async function refresh() {
  if (document.hidden) return;
  try {
    const { projections } = await request("/projections");
    const now = JSON.stringify(projections);
    if (now === shown) return; // so that a button is not replaced under the pointer
    shown = now;
    list.replaceChildren(...projections.map((one) => line(one)));
    (await element("[data-empty]")).hidden = projections.length > 0;
  } catch (error) {
    if (list.children.length) return;
    toast(error.message, { bad: true });
  }
}

function line(one) {
  const name = node("td", {}, node("a", { href: `/projections/${one.name}`, text: one.name }));
  if (one.description) name.append(node("div", { className: "muted", text: one.description }));
  if (one.error) name.append(node("div", { className: "bad-text", text: one.error }));
  return row([
    name,
    status(one),
    cell(numbers.format(one.position), "number"),
    cell(numbers.format(one.lag), "number"),
    cell(one.rate ? numbers.format(Math.round(one.rate)) : "–", "number muted"),
    node("td", { className: "actions" }, ...(options.controls ? controls(one) : [])),
  ]);
}

function status(one) {
  const place = node("td", {}, pill(one.status, KINDS[one.status]));
  if (one.error_position) place.append(node("div", {}, node("a", { href: `/?after=${one.error_position - 1}`, text: `at ${one.error_position}` })));
  if (one.building) place.append(node("progress", { max: one.building.of || 1, value: one.building.position, "aria-label": "Rebuilding" }));
  return place;
}

function controls(one) {
  const act = (action) => () => control(one.name, action);
  if (one.building) return [button("Cancel", act("cancel"))];
  const buttons = [one.status === "running" ? button("Pause", act("pause")) : button("Resume", act("resume"))];
  if (one.status === "parked" && one.error_position) buttons.push(button("Skip event", act("skip")));
  buttons.push(button("Rebuild", act("rebuild")), button("Reset", act("reset"), "quiet"));
  return buttons;
}

async function control(name, action) {
  try {
    await request(`/projections/${name}/${action}`, { method: "POST" });
    await refresh();
  } catch (error) {
    toast(error.message, { bad: true });
  }
}

// Users: finding, making and changing them.

import { button, cell, dialog, fields, later, node, pill, row, toClipboard } from "./dom.js";
import { element, optionsOf, request } from "./http.js";
import { attempt } from "./toast.js";

const { own } = optionsOf("users");
const PAGE = 50;
const form = await element("[data-filters]");
const list = await element("[data-users] tbody");
const more = await element("[data-more]");
const dates = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
let roles = [];
let offset = 0;
let asked = 0;

form.addEventListener("input", later(find, 150));
form.addEventListener("submit", (event) => event.preventDefault());
more.addEventListener("click", () => attempt(load));
(await element("[data-new]")).addEventListener("click", () => edit());
await find();

async function find() {
  offset = 0;
  list.replaceChildren();
  await attempt(load);
}

async function load() {
  const mine = ++asked;
  const page = await request(`/api/users?${new URLSearchParams({ ...fields(form), limit: PAGE, offset })}`);
  if (mine !== asked) return; // something else was asked meanwhile
  roles = page.roles;
  offset += page.users.length;
  list.append(...page.users.map((user) => line(user)));
  more.hidden = offset >= page.total;
  document.querySelector("[data-total]").textContent = page.total === 1 ? "1 user" : `${page.total} users`;
}

function line(user) {
  return row([
    node("td", {}, user.username, " ", user.id === own ? pill("you", "good") : "", user.disabled ? pill("disabled", "bad") : ""),
    cell(user.email, "muted"),
    node("td", {}, ...user.roles.flatMap((role) => [pill(role, "brand-soft"), " "])),
    cell(dates.format(new Date(user.created_at)), "number muted"),
    node(
      "td",
      { className: "actions" },
      button("Edit", () => edit(user)),
      button("Reset link", () => attempt(() => handOut(user))),
      button(user.disabled ? "Enable" : "Disable", () => attempt(() => change(user, { disabled: !user.disabled }))),
      button("Delete", () => remove(user), "quiet"),
    ),
  ]);
}

function edit(user) {
  const inputs = node(
    "form",
    { className: "stack" },
    ...labelled("Username", { name: "username", value: user?.username ?? "", required: true, autocomplete: "off" }),
    ...labelled("E-mail", { name: "email", type: "email", value: user?.email ?? "", required: true, autocomplete: "off" }),
    ...(user ? [] : labelled("Password", { name: "password", type: "password", required: true, minLength: 10, autocomplete: "new-password" })),
    node("span", { text: "Roles" }),
    node("div", { className: "choices" }, ...roles.map((role) => choice(role, user ? user.roles.includes(role) : role === "user"))),
    ...labelled("Another role", { name: "another", autocomplete: "off", pattern: "[a-z][a-z0-9_\\-]*" }),
    node("p", { className: "bad-text", role: "alert" }),
    node("div", { className: "form-foot" }, node("span", { className: "gap" }), button("Cancel", () => box.close()), node("button", { className: "button primary", text: "Save" })),
  );
  const box = dialog(user ? `Edit ${user.username}` : "New user", inputs);
  inputs.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await save(user, inputs);
      box.close();
      await find();
    } catch (error) {
      inputs.querySelector("[role=alert]").textContent = error.message;
    }
  });
}

async function save(user, inputs) {
  const { username, email, another } = fields(inputs);
  const chosen = [...inputs.querySelectorAll("input[type=checkbox]:checked")].map((box) => box.value);
  const body = { username, email, roles: another ? [...chosen, another] : chosen };
  if (user) return request(`/api/users/${user.id}`, { method: "PATCH", body });
  return request("/api/users", { method: "POST", body: { ...body, password: inputs.elements.password.value } });
}

async function change(user, body) {
  await request(`/api/users/${user.id}`, { method: "PATCH", body });
  await find();
}

async function handOut(user) {
  const { link, expires_at: until } = await request(`/api/users/${user.id}/reset-link`, { method: "POST" });
  const box = dialog(
    `A new password for ${user.username}`,
    node("p", { text: `Hand this link to ${user.username}. It works once, until ${new Date(until).toLocaleString()}.` }),
    node("p", {}, node("code", { text: link })),
    node("div", { className: "form-foot" }, node("span", { className: "gap" }), button("Copy", () => attempt(() => toClipboard(link))), button("Close", () => box.close(), "primary")),
  );
}

function remove(user) {
  const box = dialog(
    `Delete ${user.username}?`,
    node("p", { text: "Sessions and keys end at once. What this user did stays in the logs. To shut somebody out for a while, disable the account instead." }),
    node(
      "div",
      { className: "form-foot" },
      node("span", { className: "gap" }),
      button("Cancel", () => box.close()),
      button("Delete", () => attempt(async () => {
        await request(`/api/users/${user.id}`, { method: "DELETE" });
        await find();
      }).then(() => box.close()), "primary"),
    ),
  );
}

function labelled(text, properties) {
  const input = node("input", { className: "field-input", id: `user-${properties.name}`, ...properties });
  return [node("label", { text, htmlFor: input.id }), input];
}

function choice(role, checked) {
  return node("label", {}, node("input", { type: "checkbox", value: role, checked }), ` ${role}`);
}

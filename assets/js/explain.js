// Who may do what with a record, and why.

import { fields, node, pill } from "./dom.js";
import { element, request } from "./http.js";

const form = await element("[data-explain]");
const place = await element("[data-answer]");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  history.replaceState(null, "", `?${new URLSearchParams(fields(form))}`);
  explain();
});
const asked = new URLSearchParams(location.search);
for (const [name, value] of asked) if (form.elements[name]) form.elements[name].value = value;
if (asked.has("record")) explain();

async function explain() {
  const { entity, record, user = "", action } = fields(form);
  try {
    const said = await request(`/api/${entity}/${encodeURIComponent(record)}/explain?${new URLSearchParams({ user, action })}`);
    place.replaceChildren(
      node("p", {}, pill(said.allowed ? "allowed" : "not allowed", said.allowed ? "good" : "bad"), ` ${said.reason}`),
      node("p", { className: "muted", text: `The rule for ${said.action} is: ${said.rules.join(" or ")}. ${said.user} has the roles: ${said.roles.join(", ") || "none"}.` }),
      ...fieldsSaid("Fields that stay hidden", said.hidden_fields),
      ...fieldsSaid("Fields that cannot be set", said.closed_fields),
    );
  } catch (error) {
    place.replaceChildren(node("p", { className: "bad-text", text: error.message }));
  }
}

function fieldsSaid(title, names) {
  return names.length ? [node("p", { className: "muted", text: `${title}: ${names.join(", ")}.` })] : [];
}

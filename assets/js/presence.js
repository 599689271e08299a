// Who else is here: their initials above, each in a colour of their own.

import { node } from "./dom.js";

const COLOURS = ["#0f9d6b", "#c2410c", "#7c3aed", "#0369a1", "#be185d", "#4d7c0f", "#b45309", "#0e7490"];
const SHOWN = 5;

export function showPeople(place, people, titleOf) {
  const named = people.map((person) => {
    const initials = person.name.split(/[\s.]+/).slice(0, 2).map((part) => part[0] ?? "").join("").toUpperCase() || "?";
    const title = [person.name, titleOf(person)].filter(Boolean).join(": ");
    const made = node("span", { className: "person", title }, node("span", { text: initials, "aria-hidden": "true" }), node("span", { className: "visually-hidden", text: title }));
    made.style.setProperty("--person", colourOf(person.key));
    return made;
  });
  const more = named.length > SHOWN ? [node("span", { className: "muted", text: `+${named.length - SHOWN}` })] : [];
  place.replaceChildren(...named.slice(0, SHOWN), ...more);
}

export function colourOf(key) {
  let sum = 0;
  for (const letter of key) sum = (sum * 31 + letter.codePointAt(0)) % 100_003;
  return COLOURS[sum % COLOURS.length];
}

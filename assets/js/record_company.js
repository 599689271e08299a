// Who else has this record open, and which field they are in; and telling them where one is oneself.

import { colourOf, showPeople } from "./presence.js";

export function keepCompany({ options, root, place, following }) {
  const tell = (field = "") => following().at({ record: options.id, field, editing: Boolean(field) });
  root.addEventListener("focusin", ({ target }) => tell(fieldOf(target)));
  root.addEventListener("focusout", () => tell());
  queueMicrotask(tell);

  return (people) => {
    const here = people.filter(({ record }) => record === options.id);
    showPeople(place, here, ({ field }) => (options.fields[field] ? `edits ${options.fields[field].title}` : "looks at this record"));
    for (const marked of root.querySelectorAll(".watched")) marked.classList.remove("watched");
    for (const { field, key, editing } of here) {
      const control = !editing ? null : root.querySelector(`[data-field="${CSS.escape(field)}"]`)?.closest(".q-field");
      control?.classList.add("watched");
      control?.style.setProperty("--person", colourOf(key));
    }
  };
}

function fieldOf(target) {
  return target.closest(".q-field")?.querySelector("[data-field]")?.dataset.field ?? target.closest("[data-field]")?.dataset.field ?? "";
}

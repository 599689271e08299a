// One question with two answers.

import { button, dialog, node } from "../dom.js";

export function confirm(title, text, action, { danger = false } = {}) {
  return new Promise((resolve) => {
    const answer = (value) => {
      resolve(value);
      box.close();
    };
    const box = dialog(
      title,
      node("p", { text }),
      node("div", { className: "form-foot" }, button("Cancel", () => answer(false)), button(action, () => answer(true), danger ? "danger" : "primary")),
    );
    box.addEventListener("close", () => resolve(false));
  });
}

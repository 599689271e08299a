// Changing one's password.

import { element, request } from "./http.js";

const form = await element("[data-password]");
const said = form.querySelector("[data-said]");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await request("/api/change-password", { method: "POST", body: Object.fromEntries(new FormData(form)) });
    form.reset();
    said.textContent = "The password is changed. Other sessions of yours have ended.";
  } catch (error) {
    said.textContent = error.message;
  }
});

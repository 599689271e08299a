// The rows of one projection.

import { fillTable } from "./dom.js";
import { element, optionsOf, request } from "./http.js";
import { toast } from "./toast.js";

const { name } = optionsOf("projection");
const PAGE = 200;
const table = await element("[data-rows]");
const more = await element("[data-more]");
const numbers = new Intl.NumberFormat();
let shown = PAGE;

(await element("[data-refresh]")).addEventListener("click", load);
more.addEventListener("click", () => {
  shown += PAGE;
  load();
});
await load();

async function load() {
  try {
    const page = await request(`/projections/${name}?limit=${Math.min(shown, 5000)}`);
    const columns = page.rows.length ? Object.keys(page.rows[0]) : ["No rows yet"];
    fillTable(table, columns, page.rows.map((one) => Object.values(one)));
    document.querySelector("[data-total]").textContent = numbers.format(page.total);
    document.querySelector("[data-position]").textContent = `as of event ${numbers.format(page.position)}`;
    more.hidden = page.rows.length >= page.total;
  } catch (error) {
    toast(error.message, { bad: true });
  }
}

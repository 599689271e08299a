// One SELECT at a time: its rows as a table, or as a file.

import { fillTable, node, save } from "./dom.js";
import { element, request } from "./http.js";

const form = await element("[data-sql]");
const table = await element("[data-rows]");
const said = await element("[data-said]");
const problem = await element("[data-problem]");
const numbers = new Intl.NumberFormat();

const asked = new URLSearchParams(location.search).get("sql");
if (asked) form.elements.sql.value = asked;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(run);
});
form.elements.sql.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
for (const button of form.querySelectorAll("[data-format]")) {
  button.addEventListener("click", () => attempt(() => download(button.dataset.format)));
}
await showTables();

async function run() {
  const sql = form.elements.sql.value;
  const answer = await request("/sql", { method: "POST", body: { sql } });
  history.replaceState(null, "", `?${new URLSearchParams({ sql })}`);
  fillTable(table, answer.columns.map((column) => column.name), answer.rows);
  const count = `${numbers.format(answer.rows.length)} ${answer.rows.length === 1 ? "row" : "rows"}`;
  said.textContent = `${answer.more ? `The first ${count}` : count} in ${answer.milliseconds} ms`;
}

async function download(format) {
  const response = await fetch("/sql", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "*/*" },
    body: JSON.stringify({ sql: form.elements.sql.value, format }),
  });
  if (!response.ok) throw new Error((await response.json()).detail);
  await save(response, `query.${format}`);
  said.textContent = "Saved";
}

async function attempt(work) {
  problem.hidden = true;
  said.textContent = "Running…";
  try {
    await work();
  } catch (error) {
    said.textContent = "";
    problem.hidden = false;
    problem.textContent = error.message;
  }
}

async function showTables() {
  const { tables } = await request("/sql/tables");
  const list = await element("[data-tables]");
  list.replaceChildren(
    ...Object.entries(tables).map(([name, columns]) =>
      node(
        "details",
        { className: "line-details" },
        node("summary", { text: name }),
        ...Object.entries(columns).map(([column, kind]) => node("div", {}, column, " ", node("span", { className: "faint", text: kind }))),
      ),
    ),
  );
}

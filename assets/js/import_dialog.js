// Importing a file: choose it, say which column is which field, see what would happen, then let it happen in the background.

import { button, dialog, node } from "./dom.js";
import { request } from "./http.js";
import { KINDS, lookInto } from "./import_file.js";
import { send } from "./import_job.js";
import { chooseFile, fileFacts, mappingTable, modeChoice, preview, rowErrors } from "./import_steps.js";
import { attempt, toast } from "./toast.js";

const numbers = new Intl.NumberFormat();

export function openImport({ entity, title, onDone = () => {} }) {
  const steps = { entity, title, fields: null, onDone, file: null, found: null, mapping: new Map(), mode: "create", by: "", nothing: "", job: null, running: false };
  steps.problem = node("div", { className: "notice", role: "alert", hidden: true });
  steps.body = node("div", { className: "import-body" });
  steps.foot = node("div", { className: "form-foot" });
  steps.box = dialog(`Import into ${title}`, steps.problem, steps.body, steps.foot);
  steps.box.classList.add("wide");
  steps.box.addEventListener("close", () => left(steps));
  // A file that is dropped beside its place must not take the whole page away.
  for (const type of ["dragover", "drop"]) steps.box.addEventListener(type, (event) => event.preventDefault());
  start(steps);
  return steps.box;
}

function withId(fields) {
  return fields.some((field) => field.name === "id") ? fields : [{ name: "id", title: "Id" }, ...fields];
}

function show(steps, parts, ...buttons) {
  steps.body.replaceChildren(...parts);
  steps.foot.replaceChildren(node("span", { className: "gap" }), ...buttons);
  (steps.body.querySelector("select, input, [tabindex='0']") ?? buttons.at(-1)).focus();
}

function complain(steps, words = "") {
  steps.problem.hidden = !words;
  steps.problem.textContent = words;
}

function start(steps) {
  show(steps, [chooseFile((file) => take(steps, file))], button("Close", () => steps.box.close()));
}

async function take(steps, file) {
  steps.file = file;
  complain(steps);
  await attempt(async () => {
    steps.fields ??= withId((await request(`/api/${encodeURIComponent(steps.entity)}/import`)).fields);
    await read(steps);
  });
}

async function read(steps, how = {}) {
  const field = (name) => fieldOf(steps.fields, name);
  steps.found = await lookInto(steps.file, field, how);
  steps.mapping = new Map(steps.found.columns.map(({ name }) => [name, steps.mapping.get(name) ?? field(name)?.name ?? ""]));
  askHow(steps);
  if (!steps.found.columns.length) complain(steps, "The file is empty, or its beginning cannot be read.");
}

function fieldOf(fields, name) {
  const wanted = bare(name);
  return fields.find((field) => [field.name, field.title, ...(field.aliases ?? [])].some((one) => bare(one) === wanted));
}

function bare(name) {
  return name.toLowerCase().replaceAll(/[\s_-]/g, "");
}

function askHow(steps) {
  const again = (how) => attempt(() => read(steps, how));
  show(
    steps,
    [fileFacts(steps, again), mappingTable(steps, steps.fields), modeChoice(steps, steps.fields, "Key or id")],
    button("Another file", () => start(steps)),
    button("Check", () => check(steps), "primary"),
  );
}

function parametersOf(steps) {
  const { found, mapping, mode, by, nothing } = steps;
  const asked = { mode, encoding: found.encoding, mapping: JSON.stringify(Object.fromEntries(mapping)) };
  if (mode !== "create" && by) asked.by = by;
  if (found.delimiter) asked.delimiter = found.delimiter;
  if (nothing) asked.null = nothing;
  return asked;
}

async function perform(steps, words, parameters, most) {
  const bar = node("progress", { max: 1, "aria-label": words });
  const said = node("p", { className: "muted", role: "status" });
  const stop = button("Cancel", () => attempt(() => steps.job.stop()));
  show(steps, [node("p", { text: words }), bar, said], stop);
  steps.job = send(steps.entity, steps.file, KINDS[steps.found.kind].type, parameters, ({ uploaded, rows }) => {
    if (uploaded < 1) bar.value = uploaded;
    else if (most) bar.value = Math.min(1, rows / most);
    else bar.removeAttribute("value");
    said.textContent = uploaded < 1 ? `${Math.round(uploaded * 100)} % sent` : `${numbers.format(rows)}${most ? ` of ${numbers.format(most)}` : ""} rows`;
  });
  try {
    return await steps.job.ended;
  } finally {
    steps.job = null;
  }
}

async function check(steps) {
  complain(steps);
  try {
    const told = await perform(steps, "Checking every row; nothing is written yet.", { ...parametersOf(steps), dry_run: "true" });
    if (told.state === "finished") showResult(steps, told.result);
    else refused(steps, told.problem);
  } catch (error) {
    refused(steps, error);
  }
}

function showResult(steps, result) {
  const back = button("Back", () => backToHow(steps));
  if (result.failed) {
    complain(steps, `${counted(result.failed, "row")} cannot be taken, so nothing would be imported. Mend the file or the mapping and check again.`);
    show(steps, [rowErrors(result, steps.entity)], back, button("Another file", () => start(steps)));
    return;
  }
  const count = result.create + result.update;
  const go = button(count ? `Import ${counted(count, "record")}` : "Nothing to import", () => run(steps, count + result.unchanged), "primary");
  go.disabled = !count;
  show(steps, [preview(result, steps.fields)], back, go);
}

function backToHow(steps) {
  complain(steps);
  askHow(steps);
}

function refused(steps, problem) {
  askHow(steps);
  complain(steps, `${problem?.detail || problem?.message || "It did not work."}`);
}

async function run(steps, most) {
  complain(steps);
  steps.running = true;
  try {
    finish(steps, await perform(steps, `Importing into ${steps.title}. You may close this; it goes on.`, parametersOf(steps), most));
  } catch (error) {
    fail(steps, error);
  } finally {
    steps.running = false;
  }
}

function finish(steps, told) {
  if (told.state === "finished") {
    const { batch, imported } = told.result;
    steps.running = false;
    steps.box.close();
    toast(`${counted(imported, "record")} imported into ${steps.title}`, { action: "Undo", onAction: () => attempt(() => undo(steps, batch)) });
    steps.onDone(told.result);
  } else if (told.problem?.row_errors && steps.box.open) {
    showResult(steps, { ...told.problem, failed: told.problem.rows.length });
  } else {
    fail(steps, told.problem);
  }
}

function fail(steps, problem) {
  if (steps.box.open) refused(steps, problem);
  else toast(`Import into ${steps.title}: ${problem.detail || problem.message}`, { bad: true });
}

async function undo(steps, batch) {
  toast(`Taking the import into ${steps.title} back`);
  const undone = await request("/api/undo", { method: "POST", body: { batch } });
  const kept = undone.conflicts.length ? `; ${undone.conflicts.length} could not be taken back and stay` : "";
  toast(`The import was taken back: ${counted(undone.count, "record")}${kept}`);
  steps.onDone(undone);
}

function left(steps) {
  if (steps.running) toast(`The import into ${steps.title} goes on; it is told here when it has ended.`);
  else if (steps.job) steps.job.stop().catch(() => {}); // only the check was cut short, and nobody waits for it
}

function counted(count, word) {
  return `${numbers.format(count)} ${word}${count === 1 ? "" : "s"}`;
}

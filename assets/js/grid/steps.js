// What was done in this list, to be taken back and done again through the engine's undo; kept while the tab lives.

import { dialog, button, node } from "../dom.js";
import { request } from "../http.js";
import { toast } from "../toast.js";

const MOST = 100;

export function createSteps({ entity, onChanged }) {
  const place = `steps ${entity}`;
  const stacks = read(place);
  let waiting = Promise.resolve();

  function write() {
    for (const stack of Object.values(stacks)) stack.splice(0, stack.length - MOST);
    sessionStorage.setItem(place, JSON.stringify(stacks));
    document.dispatchEvent(new CustomEvent("steps", { detail: { undo: stacks.undo.length, redo: stacks.redo.length } }));
  }

  async function turn(from, to, word) {
    // The list tells of a cell that was left only a moment later; what was typed before this key comes before it.
    await new Promise((resolve) => setTimeout(resolve));
    // One after the other: the step that is done again must be the one taken back last.
    waiting = waiting.then(() => take(from, to, word));
    return waiting;
  }

  async function take(from, to, word) {
    const step = stacks[from].pop();
    if (!step) return toast(`There is nothing to ${from}`);
    write();
    try {
      const done = await undone(step);
      if (done === null) stacks[from].push(step);
      else if (done.batch) stacks[to].push({ ...step, batch: done.batch });
      if (done) toast(`${word}: ${step.label}`);
    } catch (error) {
      stacks[from].push(step);
      toast(error.message, { bad: true });
    }
    write();
    return onChanged(true);
  }

  return {
    after(work) {
      // What is still on its way to the engine becomes a step first, however soon one wants it back.
      waiting = Promise.allSettled([waiting, work]);
    },
    push(step) {
      if (!step.batch) return;
      stacks.undo.push(step);
      stacks.redo.length = 0;
      write();
    },
    undo: () => turn("undo", "redo", "Undone"),
    redo: () => turn("redo", "undo", "Done again"),
    announce: write,
  };
}

async function undone({ batch, label }) {
  const undo = (force) => request("/api/undo", { method: "POST", body: { batch, force } });
  try {
    const done = await undo(false);
    if (done.conflicts?.length) toast(`${done.conflicts.length} of ${label} could not be taken back, and were left alone`);
    return done;
  } catch (error) {
    const conflicts = error.problem?.conflicts;
    if (!conflicts) throw error;
    return (await confirmed(conflicts)) ? undo(true) : null;
  }
}

function confirmed(conflicts) {
  return new Promise((resolve) => {
    const lines = conflicts.slice(0, 20).map(({ entity, id, field, reason }) => node("li", { text: `${entity} ${id}${field ? `, ${field}` : ""}: ${reason}` }));
    const box = dialog(
      "Not taken back",
      node("p", { text: "What you did could not be taken back:" }),
      node("ul", { className: "scroll" }, ...lines),
      node("div", { className: "form-foot" }, button("Leave it", () => box.close()), button("Undo it anyway", () => (resolve(true), box.close()), "primary")),
    );
    box.addEventListener("close", () => resolve(false));
  });
}

function read(place) {
  try {
    const { undo, redo } = JSON.parse(sessionStorage.getItem(place));
    return { undo, redo };
  } catch {
    return { undo: [], redo: [] };
  }
}

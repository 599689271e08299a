// What a cell turns into while it is edited, by the `cell` of its field type.

import { node } from "../dom.js";
import { choices } from "./choices.js";
import { fromText, toText } from "./values.js";

const INPUTS = { date: "date", time: "time", timestamp: "datetime-local", email: "email", url: "url" };
const LONG = new Set(["markdown", "json", "list", "long"]);

export function editorOf(field, labels) {
  if (field.options || field.references || field.cell === "boolean") return { cellEditor: choiceEditor(field, labels), cellEditorPopup: true };
  if (LONG.has(field.cell) || field.long) return { cellEditor: longEditor(field), cellEditorPopup: true };
  return { cellEditor: lineEditor(field) };
}

function lineEditor(field) {
  return class {
    init({ value, eventKey, data, context }) {
      const refused = refusedOf(context, data, field);
      this.before = shown(value, field);
      this.input = node("input", { className: "cell-input", type: INPUTS[field.cell] ?? "text", step: "any", spellcheck: false });
      this.input.setAttribute("aria-label", field.title);
      if (field.cell === "number" || field.cell === "decimal") this.input.inputMode = "decimal";
      this.typed = typed(eventKey) && !INPUTS[field.cell]?.match(/date|time/);
      this.input.value = this.typed ? eventKey : cleared(eventKey) ? "" : this.before;
      if (refused) markRefused(this.input, toText(refused.value, field), refused.message);
    }
    getGui() {
      return this.input;
    }
    afterGuiAttached() {
      this.input.focus();
      if (!this.typed && this.input.type === "text") this.input.select();
    }
    getValue() {
      return this.input.value === this.before && !this.typed ? undefined : read(this.input.value, field);
    }
    isCancelAfterEnd() {
      return this.getValue() === undefined;
    }
  };
}

function longEditor(field) {
  return class {
    init({ value, eventKey, column, stopEditing, data, context }) {
      const refused = refusedOf(context, data, field);
      this.before = field.cell === "list" ? (value ?? []).join("\n") : toText(value, field);
      this.box = node("textarea", { className: "cell-editor long", value: typed(eventKey) ? eventKey : this.before, spellcheck: false });
      this.box.setAttribute("aria-label", `${field.title}; Shift Enter begins a line`);
      this.box.style.width = `${Math.max(280, column.getActualWidth())}px`;
      if (refused) markRefused(this.box, toText(refused.value, field), refused.message);
      this.box.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.stopPropagation();
        if (event.shiftKey) return;
        event.preventDefault();
        stopEditing();
      });
    }
    getGui() {
      return this.box;
    }
    afterGuiAttached() {
      nameDialog(this.box, field);
      this.box.focus();
      this.box.setSelectionRange(this.box.value.length, this.box.value.length);
    }
    getValue() {
      if (field.cell === "list") return this.box.value.split("\n").filter((line) => line.trim());
      return fromText(this.box.value, field);
    }
    isCancelAfterEnd() {
      return this.box.value === this.before;
    }
    isPopup() {
      return true;
    }
  };
}

function choiceEditor(field, labels) {
  return class {
    init({ value, eventKey, column, stopEditing }) {
      this.choices = choices({ field, value, labels, words: typed(eventKey) ? eventKey : "", onTake: () => stopEditing() });
      this.choices.box.style.width = `${Math.max(220, column.getActualWidth())}px`;
    }
    getGui() {
      return this.choices.box;
    }
    afterGuiAttached() {
      nameDialog(this.choices.box, field);
      this.choices.focus();
    }
    getValue() {
      return this.choices.value();
    }
    isCancelAfterEnd() {
      return !this.choices.changed();
    }
    isPopup() {
      return true;
    }
  };
}

function nameDialog(box, field) {
  box.closest(".ag-popup-editor")?.setAttribute("aria-label", field.title);
}

function refusedOf(context, data, { name }) {
  return context?.refused?.id === data.id && context.refused.name === name ? context.refused : null;
}

function markRefused(input, text, message) {
  input.value = text;
  input.title = message;
  input.setAttribute("aria-invalid", "true");
}

function typed(key) {
  return Boolean(key) && [...key].length === 1;
}

function cleared(key) {
  return key === "Backspace" || key === "Delete";
}

function shown(value, field) {
  if (field.cell !== "timestamp" || !value) return toText(value, field);
  const then = new Date(value);
  return new Date(then - then.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
}

function read(text, field) {
  return text === "" ? null : fromText(text, field);
}

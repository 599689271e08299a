// The line beneath the grid: what is selected, what it adds up to, and how many records there are.

import { node } from "../dom.js";

const numbers = new Intl.NumberFormat();
const SUMMED = new Set(["number", "decimal", "duration"]);

export function createStatus(box, { grid, fields }) {
  const chosen = node("span", { role: "status", className: "muted" });
  box.append(chosen);

  return {
    range(bounds) {
      chosen.textContent = bounds && (bounds.bottom > bounds.top || bounds.columns.length > 1) ? described(bounds, grid, fields) : "";
    },
  };
}

function described({ top, bottom, columns }, grid, fields) {
  const height = bottom - top + 1;
  const words = [`${numbers.format(height * columns.length)} cells in ${numbers.format(height)} ${height === 1 ? "row" : "rows"}`];
  const names = columns.filter((name) => SUMMED.has(fields.get(name).cell));
  if (names.length && height <= 2000) {
    const values = [];
    for (let row = top; row <= bottom; row += 1) {
      const record = grid.getDisplayedRowAtIndex(row)?.data;
      if (!record) return words[0];
      for (const name of names) if (record[name] !== null && record[name] !== undefined) values.push(Number(record[name]));
    }
    const sum = values.reduce((all, value) => all + value, 0);
    if (values.length) words.push(`sum about ${numbers.format(sum)}`, `average about ${numbers.format(sum / values.length)}`);
  }
  return words.join(" · ");
}

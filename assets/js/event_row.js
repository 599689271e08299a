// One event as a row of a table.

const times = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium" });
const KINDS = { created: "good", restored: "good", changed: "brand-soft", deleted: "bad" };
const SHORT = 120;

export function eventRow(event, origin = "", fresh = false) {
  const row = document.createElement("tr");
  if (fresh) row.className = "fresh";
  row.append(
    cell(String(event.position), "number faint"),
    cell(times.format(new Date(event.recorded_at)), "number muted tight"),
    typeCell(event),
    streamCell(event, origin),
    cell(summary(event), "mono muted tight wide"),
    cell(event.meta.name || event.meta.actor || "", "muted tight"),
  );
  return row;
}

function cell(text, className = "") {
  const place = document.createElement("td");
  place.className = className;
  place.textContent = text;
  return place;
}

function typeCell(event) {
  const place = cell("");
  const pill = document.createElement("span");
  pill.className = `pill ${KINDS[event.type] ?? ""}`;
  pill.textContent = event.type;
  place.append(pill);
  return place;
}

function streamCell(event, origin) {
  const place = cell("", "tight");
  const link = document.createElement("a");
  link.href = `${origin}/streams/${event.stream}`;
  link.textContent = event.stream;
  place.append(link);
  return place;
}

function summary(event) {
  const entries = Object.entries(event.data).map(([name, value]) =>
    event.type === "changed" && value && typeof value === "object" && "to" in value
      ? `${name}: ${plain(value.from)} → ${plain(value.to)}`
      : `${name}: ${plain(value)}`,
  );
  const text = entries.join(", ");
  return text.length > SHORT ? `${text.slice(0, SHORT)}…` : text;
}

function plain(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

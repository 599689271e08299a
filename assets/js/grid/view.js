// What a list shows, as its address says it: so that it can be shared, saved, and gone back to.

const OWN = new Set(["view", "columns", "sort", "filter", "search", "as_of", "density", "totals"]);
const DENSITIES = new Set(["compact", "normal", "tall"]);

export function createView(defaults, onChange) {
  const view = { ...defaults, ...readAddress(location.search) };

  function set(changes, { replace = false } = {}) {
    Object.assign(view, changes);
    const address = addressOf(view) || location.pathname;
    if (address !== location.search) history[replace ? "replaceState" : "pushState"](null, "", address);
    onChange(Object.keys(changes));
  }

  window.addEventListener("popstate", () => {
    Object.assign(view, defaults, readAddress(location.search));
    onChange(["columns", "sort", "filter", "search", "parameters", "asOf", "density", "totals", "view"]);
  });
  return { state: view, set };
}

export function readAddress(text) {
  const query = new URLSearchParams(text);
  const read = { view: query.get("view") ?? "", columns: readColumns(query.get("columns")), sort: query.get("sort") ?? "" };
  for (const name of ["filter", "search"]) read[name] = query.get(name) ?? "";
  read.asOf = query.get("as_of") ?? "";
  read.density = DENSITIES.has(query.get("density")) ? query.get("density") : "normal";
  read.totals = Object.fromEntries((query.get("totals") ?? "").split(",").filter(Boolean).map((part) => part.split(".")));
  read.parameters = [...query].filter(([name]) => !OWN.has(name));
  return read;
}

export function addressOf({ view, columns, sort, filter, search, asOf, density, totals, parameters }) {
  const query = new URLSearchParams(parameters);
  const said = { view, columns: writeColumns(columns), sort, filter, search, as_of: asOf };
  if (density !== "normal") said.density = density;
  said.totals = Object.entries(totals).map((pair) => pair.join(".")).join(",");
  for (const [name, value] of Object.entries(said)) if (value) query.set(name, value);
  const text = query.toString();
  return text && `?${text}`;
}

function readColumns(text) {
  // name, then its width, then the side that it is pinned to: "name.220.left,email"
  if (!text) return null;
  return text.split(",").map((part) => {
    const [name, width, pin] = part.split(".");
    return { name, width: Number(width) || undefined, pin: ["left", "right"].includes(pin) ? pin : undefined };
  });
}

function writeColumns(columns) {
  return (columns ?? []).map(({ name, width, pin }) => [name, width ?? "", pin ?? ""].join(".").replace(/\.+$/, "")).join(",");
}

// Requests to our own services, on this port or another: with the session cookie, and errors as sentences.

export async function request(url, { method = "GET", body, file, headers = {} } = {}) {
  const options = { method, credentials: "include", headers: { Accept: "application/json", ...headers } };
  if (file) options.body = file;
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  const response = await fetch(url, options);
  if (response.status === 401) {
    location.reload();
    return new Promise(() => {}); // the page is about to go, and nobody waits for an answer any more
  }
  const text = await response.text();
  const content = text ? JSON.parse(text) : null;
  if (!response.ok) {
    const error = new Error(content?.detail || `${response.status} ${response.statusText}`);
    throw Object.assign(error, { status: response.status, problem: content });
  }
  return content;
}

export function optionsOf(name) {
  return JSON.parse(document.getElementById(`${name}-options`).textContent);
}

export async function element(selector) {
  // NiceGUI puts the page's elements in place after the modules have loaded.
  for (;;) {
    const found = document.querySelector(selector);
    if (found) return found;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}

// The API documentation of this port: what whoever is logged in may use, or whoever the token belongs to that was put in.

function tokenOf(authorized) {
  return Object.values(authorized ?? {}).find((one) => one?.schema?.scheme === "bearer")?.value;
}

async function load(token) {
  const described = await fetch("/openapi.json", { headers: token ? { Authorization: `Bearer ${token}` } : {} });
  return described.ok || !token ? described.text() : load(); // a token that was kept may be no longer good
}

async function follow() {
  const now = tokenOf(ui.authSelectors.authorized()?.toJS());
  if (now === token) return;
  token = now;
  ui.specActions.updateSpec(await load(token));
}

let token = tokenOf(JSON.parse(localStorage.getItem("authorized") ?? "null"));
const ui = window.SwaggerUIBundle({
  spec: JSON.parse(await load(token)),
  dom_id: "#swagger",
  deepLinking: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
ui.getStore().subscribe(follow);

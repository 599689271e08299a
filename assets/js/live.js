// One raw WebSocket per page that resumes where it left off, and polling over HTTP wherever no WebSocket gets through.

import { element, request } from "./http.js";

const POLL_SECONDS = 1.5;
const LONGEST_PAUSE = 10000;

export function follow({ socket, poll, position, onMessage, onPresence = () => {}, onState = show }) {
  const state = { position, polling: null, pause: 250, stopped: false, connection: null, place: null, you: "" };

  function take(message) {
    if (message.type === "presence" && message.people) {
      state.you = message.you ?? state.you;
      return onPresence(message.people.filter(({ key }) => key !== state.you));
    }
    const known = message.position <= state.position;
    if (known && message.type !== "reload") return undefined;
    state.position = Math.max(state.position, message.position);
    const isNotice = ["connected", "heartbeat", "behind"].includes(message.type) && !message.version;
    if (!isNotice) onMessage(message);
    return undefined;
  }

  function say() {
    if (state.place && state.connection?.readyState === WebSocket.OPEN) state.connection.send(JSON.stringify({ presence: state.place }));
  }

  async function pollOnce() {
    try {
      const answer = await request(poll(state.position));
      for (const message of answer.changes ?? answer.events) take(message);
      state.position = Math.max(state.position, answer.position ?? 0);
      onState("polling");
    } catch {
      onState("offline");
    }
  }

  function startPolling() {
    if (state.polling || !poll || state.stopped) return;
    pollOnce();
    state.polling = setInterval(pollOnce, POLL_SECONDS * 1000);
  }

  function connect() {
    let opened = false;
    const connection = new WebSocket(socket(state.position));
    state.connection = connection;
    connection.addEventListener("open", () => {
      opened = true;
      state.pause = 250;
      clearInterval(state.polling);
      state.polling = null;
      onState("live");
      say();
    });
    connection.addEventListener("message", (event) => take(JSON.parse(event.data)));
    connection.addEventListener("close", (event) => {
      if (state.stopped) return;
      if (event.code === 4401) return location.reload();
      if (!opened) startPolling();
      else onState("offline");
      onPresence([]);
      state.pause = Math.min(state.pause * 2, LONGEST_PAUSE);
      setTimeout(() => state.stopped || connect(), state.pause);
      if (opened) setTimeout(() => connection.readyState === WebSocket.CLOSED && state.pause > 400 && startPolling(), 600);
    });
  }

  onState("connecting");
  connect();
  return {
    stop() {
      state.stopped = true;
      clearInterval(state.polling);
      state.connection?.close();
    },
    at(place) {
      // Where this window is: which record, which field, and whether it is being edited.
      if (JSON.stringify(place) === JSON.stringify(state.place)) return;
      state.place = place;
      say();
    },
    seen(reached) {
      state.position = Math.max(state.position, reached);
    },
  };
}

export function changesOf(entity) {
  return {
    socket: (position) => `${location.origin.replace("http", "ws")}/ws/${entity}?after=${position}`,
    poll: (position) => `/api/${entity}/changes?after=${position}`,
  };
}

const WORDS = {
  connecting: ["Connecting", "", "Opening the live connection"],
  live: ["Live", "good", "Changes by others appear at once"],
  polling: ["Polling", "warn", "No live connection gets through; asking every 1.5 seconds over HTTP"],
  offline: ["Offline", "bad", "The server does not answer; trying again"],
};

async function show(state) {
  const pill = await element("[data-connection]");
  const [label, kind, title] = WORDS[state];
  if (pill.textContent === label) return;
  pill.hidden = false;
  pill.textContent = label;
  pill.className = `pill ${kind}`;
  pill.title = title;
}

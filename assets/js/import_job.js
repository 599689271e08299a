// An import on the server: the file goes up, then it is asked how far it is, until it has ended.

import { request } from "./http.js";

const MILLISECONDS = 300;
const PATIENCE = 100;

export function send(entity, file, type, parameters, onProgress) {
  const job = { id: "", key: newKey(), upload: null };
  job.ended = begin(job, entity, file, type, parameters, onProgress);
  job.stop = async () => {
    job.upload.abort();
    if (job.id) await cancel(job.id);
  };
  return job;
}

function newKey() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
}

async function begin(job, entity, file, type, parameters, onProgress) {
  const address = `/api/${encodeURIComponent(entity)}/import?${new URLSearchParams({ ...parameters, background: "true" })}`;
  let told = (await upload(job, address, file, type, (part) => onProgress({ uploaded: part, rows: 0 }))) ?? (await stopped(job));
  job.id = told.id;
  for (let missed = 0; !["finished", "failed", "cancelled"].includes(told.state); ) {
    await new Promise((resolve) => setTimeout(resolve, MILLISECONDS));
    try {
      told = await request(`/api/imports/${job.id}`);
      missed = 0;
    } catch (error) {
      // A connection that is cut for a while ends no import.
      if (!(error instanceof TypeError) || (missed += 1) > PATIENCE) throw error;
    }
    onProgress({ uploaded: 1, rows: told.rows_read });
  }
  return told;
}

async function stopped(job) {
  // All of the file may have arrived although its upload was stopped: the import has begun then.
  const { imports } = await request(`/api/imports?${new URLSearchParams({ idempotency_key: job.key })}`);
  if (!imports.length) throw new Error("Stopped before all of the file was sent. Nothing was imported.");
  const [{ id }] = imports;
  return cancel(id).catch(() => request(`/api/imports/${id}`)); // it had ended before
}

function cancel(id) {
  return request(`/api/imports/${id}`, { method: "DELETE" });
}

function upload(job, address, file, type, onProgress) {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest(); // fetch tells nothing of how much has been sent
    job.upload = sending;
    sending.open("POST", address);
    sending.setRequestHeader("Content-Type", type);
    sending.setRequestHeader("Accept", "application/json");
    sending.setRequestHeader("Idempotency-Key", job.key);
    sending.responseType = "json";
    sending.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0));
    sending.addEventListener("load", () => (sending.status < 300 ? resolve(sending.response) : reject(problemOf(sending))));
    sending.addEventListener("error", () => reject(new Error("The file did not get through. Nothing was imported.")));
    sending.addEventListener("abort", () => resolve(null));
    sending.send(file);
  });
}

function problemOf(sending) {
  return Object.assign(new Error(sending.response?.detail || `${sending.status} ${sending.statusText}`), sending.response);
}

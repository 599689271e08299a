// The form for a new record.

import { toast } from "../toast.js";

let opening = 0;

export function openForm(options) {
  // Once for a double click: a second form on top of the first would save everything twice.
  if (options.asOf || !options.creatable || opening || document.querySelector(".q-dialog")) return;
  opening = setTimeout(() => {
    opening = 0;
  }, 600);
  if (window.socket?.connected) window.emitEvent("open_new");
  else toast("The form needs a live connection, and none gets through. The list stays up to date.", { bad: true });
}

// Short messages in the corner, with at most one thing to do about them.

const SECONDS = 6;

export function toast(text, { action, onAction, bad = false } = {}) {
  const item = document.createElement("div");
  item.className = bad ? "toast bad" : "toast";
  item.setAttribute("role", bad ? "alert" : "status");
  const words = document.createElement("span");
  words.textContent = text;
  item.append(words);
  const timer = setTimeout(() => item.remove(), (action ? 2 : 1) * SECONDS * 1000);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = action;
    button.addEventListener("click", () => {
      clearTimeout(timer);
      item.remove();
      onAction();
    });
    item.append(button);
  }
  corner().append(item);
}

export async function attempt(work) {
  try {
    await work();
  } catch (error) {
    toast(error.message, { bad: true });
  }
}

function corner() {
  let place = document.querySelector(".toasts");
  if (!place) {
    place = document.createElement("div");
    place.className = "toasts";
    document.body.append(place);
  }
  return place;
}

// Copies a PIN, counts its time, and removes it from the page. Without this script, the page leads on by itself.
"use strict";

for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) {
    time.title = time.textContent;
    const shown = { dateStyle: "medium", timeStyle: "short" };
    time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, shown).format(at);
  }
}

const shown = document.getElementById("shown");

function close() {
  const to = shown.dataset.closed;
  shown.remove();
  // Without an entry in the history: no button leads back to the PIN.
  window.location.replace(to);
}

if (shown) {
  const pin = shown.querySelector(".pin");
  const left = shown.querySelector(".left");
  const copy = shown.querySelector(".copy");
  const end = Date.now() + Number(shown.dataset.seconds) * 1000;
  const tick = () => {
    const seconds = Math.ceil((end - Date.now()) / 1000);
    left.textContent = seconds > 0 ? `${seconds} s` : "";
    if (seconds <= 0) {
      close();
    }
  };
  setInterval(tick, 500);
  tick();
  shown.querySelector(".hide").addEventListener("click", (event) => {
    event.preventDefault();
    close();
  });
  if (navigator.clipboard && document.querySelectorAll(".pin").length === 1) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(pin.textContent);
      shown.querySelector("[role=status]").textContent = copy.dataset.copied;
    });
  }
  // A page that the browser keeps for the back button must not contain the PIN.
  window.addEventListener("pagehide", () => shown.remove());
}

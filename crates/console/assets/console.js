// Shows times in the viewer's time zone, and updates pages on which something happens. Without this script, times are in
// UTC, and pages are updated by links.
"use strict";

const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });

function showTimes(within) {
  for (const time of within.querySelectorAll("time[datetime]:not([title])")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) {
      time.title = time.textContent;
      time.textContent = format.format(at);
    }
  }
}

// One stream of events for the element that has one. It ends with the element.
let source = null;

function listen() {
  const watched = document.querySelector("[data-events]");
  const address = watched ? watched.dataset.events : null;
  if (source && source.address === address) {
    return;
  }
  if (source) {
    source.stream.close();
    source = null;
  }
  if (!address) {
    return;
  }
  const stream = new EventSource(address);
  const changed = () => htmx.trigger("[data-events]", "changed");
  stream.addEventListener("changed", changed);
  stream.addEventListener("end", () => {
    stream.close();
    changed();
  });
  source = { address, stream };
}

// A field is marked as wrong while a finding with an error is at it.
function markFields() {
  for (const findings of document.querySelectorAll(".at-field")) {
    const field = document.getElementById(findings.id.slice(2));
    if (field) {
      field.toggleAttribute("aria-invalid", false);
      if (findings.querySelector(".bad")) {
        field.setAttribute("aria-invalid", "true");
      }
    }
  }
}

document.addEventListener("htmx:afterSettle", () => {
  showTimes(document);
  listen();
  markFields();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  // One row at a time is corrected in place.
  const target = event.detail.target;
  if (target && target.classList.contains("mend")) {
    for (const other of document.querySelectorAll(".mend")) {
      if (other !== target) {
        other.replaceChildren();
      }
    }
  }
});

showTimes(document);
listen();

// The page of a preview: its review, its keys, and how it is doing while it is made.
import { listen } from "./keys.js";
import { review, say } from "./reviewing.js";

const preview = document.querySelector("#preview");
const { own, status, user } = preview.dataset;
const isMoving = ["queued", "running"].includes(status);
const IN_VIEW_SECONDS = 2;
const OUT_OF_VIEW_SECONDS = 20;

/* The review */

const form = document.querySelector("[data-review]");
const reviewed = document.querySelector("#reviewed");
const given = () => form.querySelector('[aria-pressed="true"]')?.value ?? "";

function give(value) {
  if (form && given() !== value) review(form, value);
}

function showReviewer() {
  const word = given();
  reviewed.hidden = !word;
  if (word) {
    reviewed.querySelector("[data-said]").textContent = `${word[0].toUpperCase()}${word.slice(1)} by ${user}, just now`;
  }
}

reviewed?.addEventListener("submit", (event) => {
  event.preventDefault();
  give("");
  form.querySelector("button").focus();
});
document.addEventListener("reviewed", showReviewer);
// What is typed here may not be saved yet: the page is not loaded again by itself.
document.addEventListener("outdated", () => {
  say("This preview has changed since it was shown here, and was not reviewed. Load the page again to see it.");
});

// What was approved is not what is there after an edit.
document.addEventListener("prefill-saved", ({ detail }) => {
  form.elements.version.value = detail.version;
  for (const button of form.querySelectorAll("[name=review]")) {
    button.setAttribute("aria-pressed", String(button.value === detail.review));
  }
  reviewed.hidden = !detail.review;
  document.querySelector("#full-size").href = `${own}/frame?${detail.frame_version}`;
});

/* Keys */

function follow(direction) {
  document.querySelector(`.beside a[rel=${direction}]`)?.click();
}

function editHeadline() {
  const headline = document.querySelector("#prefill [name=headline]:enabled");
  headline?.focus();
  headline?.select();
}

const inStrip = () => document.activeElement?.closest(".strip");

listen({
  a: () => give("approved"),
  r: () => give("rejected"),
  u: () => give(""),
  e: editHeadline,
  ArrowLeft: () => inStrip() || follow("prev"),
  ArrowRight: () => inStrip() || follow("next"),
});

/* How it is doing */

async function look() {
  try {
    const answer = await fetch(own, { headers: { Accept: "application/json" } });
    const isGone = [401, 404].includes(answer.status);
    // Not loaded again: this may be the answer to a form, which would be sent once more.
    const isOther = isGone || (answer.ok && (await answer.json()).status !== status);
    if (isOther) return location.replace(own + location.search);
  } catch {
    // It is asked again.
  }
  setTimeout(look, 1000 * (document.hidden ? OUT_OF_VIEW_SECONDS : IN_VIEW_SECONDS));
}

if (isMoving) setTimeout(look, 1000 * IN_VIEW_SECONDS);
if ("saved" in preview.dataset) {
  say("Saved");
  const address = new URL(location.href);
  address.searchParams.delete("saved");
  history.replaceState(null, "", address);
}

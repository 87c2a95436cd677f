// Working through the cards of a batch by keyboard.
import { listen } from "./keys.js";
import { review } from "./reviewing.js";

const cards = () => [...document.querySelectorAll(".card")];
const current = () => document.activeElement?.closest(".card");

function move(by) {
  const all = cards();
  const at = all.indexOf(current());
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
  next?.querySelector(".cover").focus();
  next?.scrollIntoView({ block: "nearest" });
}

function give(value) {
  const form = current()?.querySelector("[data-review]");
  if (!form) return;
  const pressed = form.querySelector('[aria-pressed="true"]');
  if (value ? pressed?.value !== value : pressed) review(form, value);
}

listen({
  j: () => move(1),
  k: () => move(-1),
  a: () => give("approved"),
  r: () => give("rejected"),
  u: () => give(""),
});

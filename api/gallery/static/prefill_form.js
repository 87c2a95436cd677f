// The prefill's form: what is typed shows in the overlay at once, and is saved field by field.
import { say } from "./reviewing.js";

const form = document.getElementById("prefill");
const stage = document.getElementById("stage");
const PAUSE = 300;
const LEAST_CONTRAST = 4.5;
const SIGNED_OUT = "You have been signed out. Sign in again in another tab, and save once more.";
const OUT_OF_REACH = "The gallery cannot be reached. What you typed is still here: try again in a while.";
const NOT_FIELDS = new Set(["csrf", "version", "add", "remove", ""]);

const widgets = form.querySelector("[data-widgets]");
let storedWidgets = widgets.cloneNode(true);
let everythingIsNew = "unsaved" in form.dataset;
let timer;
let asked = 0;
let shown = 0;

const fields = () => [...form.elements].filter(field => !NOT_FIELDS.has(field.name ?? ""));
const isOfWidgets = name => name === "widgets" || name.startsWith("widgets.");
const isChosen = field => field.type !== "radio" || field.checked;
const shape = entries => entries.map(([name, value]) => (name.endsWith(".type") ? `${name}=${value}` : name)).join(" ");
const shapeOf = part => shape([...part.querySelectorAll("[name^='widgets.']")].map(field => [field.name, field.value]));

function isTouched(field) {
  return field.type === "radio" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
}

/** Name and value of each field that is not as it is stored; of the widgets, all or none. */
function edits() {
  const all = fields();
  const names = new Set(all.filter(field => everythingIsNew || isTouched(field)).map(field => field.name));
  const newWidgets =
    [...names].some(isOfWidgets) || widgets.querySelector("[data-added]") || shapeOf(widgets) !== shapeOf(storedWidgets);
  return all
    .filter(field => isChosen(field) && (isOfWidgets(field.name) ? newWidgets : names.has(field.name)))
    .map(field => [field.name, field.value]);
}

async function post(address, sent) {
  const body = new URLSearchParams(sent);
  const headers = { Accept: "application/json", "X-CSRF-Token": form.elements.csrf.value };
  try {
    const answer = await fetch(address, { method: "POST", headers, body });
    const told = await answer.json();
    const trouble = answer.status === 401 ? SIGNED_OUT : told.detail;
    return { isOk: answer.ok, complaints: told.complaints ?? {}, trouble, told };
  } catch {
    return { isOk: false, complaints: {}, trouble: OUT_OF_REACH };
  }
}

/** Put each complaint beside its field. */
function complain(complaints) {
  for (const place of form.querySelectorAll("[data-complaint]")) {
    const name = place.dataset.complaint;
    place.textContent = complaints[name] ?? "";
    for (const field of name ? fields().filter(one => one.name === name) : []) {
      if (name in complaints) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
  }
}

/** Show the overlay as it would be with what is typed; while that is no prefill, the last that was one. */
async function showDraft() {
  const turn = ++asked;
  const sent = edits();
  const answer = await post(form.dataset.draft, sent);
  if (turn !== asked) return;
  complain(answer.complaints);
  if (answer.isOk) bring(turn, sent);
  else if (answer.trouble) say(answer.trouble);
}

/** Load an overlay behind the one in view, which gives way once it is there.

Each has a frame of its own, for a frame that goes from page to page fills the browser's history. */
function bring(turn, sent) {
  const next = stage.querySelector("iframe").cloneNode(false);
  next.removeAttribute("src");
  next.removeAttribute("loading");
  next.setAttribute("aria-hidden", "true");
  next.name = `draft-${turn}`;
  next.classList.add("coming");
  stage.append(next);
  next.addEventListener("load", () => {
    if (next.contentWindow?.location.href === "about:blank") return;
    if (turn < shown) return next.remove();
    shown = turn;
    for (const frame of stage.querySelectorAll("iframe:not(.coming)")) frame.remove();
    next.classList.remove("coming");
    next.removeAttribute("aria-hidden");
  });
  const carrier = document.createElement("form");
  Object.assign(carrier, { method: "post", action: form.dataset.draft, target: next.name, hidden: true });
  for (const [name, value] of [["csrf", form.elements.csrf.value], ...sent]) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    carrier.append(field);
  }
  document.body.append(carrier);
  carrier.submit();
  carrier.remove();
}

async function save() {
  clearTimeout(timer);
  const sent = edits();
  if (!sent.length) return say("Nothing has changed since it was saved.");
  const asSent = { widgets: shapeOf(widgets), values: new Map(fields().map(field => [field, field.value])) };
  const answer = await post(form.action, sent);
  complain(answer.complaints);
  if (!answer.isOk) {
    say(answer.trouble ?? "Nothing was saved: look at what is said beside the fields.");
    form.querySelector("[aria-invalid='true']")?.focus();
    return;
  }
  everythingIsNew = false;
  settle(asSent, answer.told);
  say("Saved");
}

/** Take what is stored as where further edits begin; what was typed meanwhile is one of them. */
function settle(asSent, told) {
  const stored = told.fields;
  const storedShape = shape(Object.entries(stored).filter(([name]) => name.startsWith("widgets.")));
  const areWidgetsAsSent = shapeOf(widgets) === asSent.widgets;
  if (areWidgetsAsSent) renumber();
  const areWidgetsAsStored = areWidgetsAsSent && shapeOf(widgets) === storedShape;
  for (const field of fields()) {
    if (!isOfWidgets(field.name) || areWidgetsAsStored) settleField(field, stored[field.name], asSent.values.get(field));
  }
  if (areWidgetsAsStored) {
    for (const added of widgets.querySelectorAll("[data-added]")) delete added.dataset.added;
    storedWidgets = widgets.cloneNode(true);
  }
  for (const mark of form.querySelectorAll("[data-edited]")) mark.hidden = !told.edited_fields.includes(mark.dataset.edited);
  document.dispatchEvent(new CustomEvent("prefill-saved", { detail: told }));
  // Somebody else has other widgets by now.
  if (!areWidgetsAsStored && !edits().length) return location.reload();
  changed();
}

function settleField(field, now, sent) {
  if (field.type === "radio") {
    field.defaultChecked = field.value === now;
    return;
  }
  const isAsSent = field.value === sent;
  field.defaultValue = now;
  if (isAsSent) field.value = now;
}

/* What stands around the fields */

function luminance(color) {
  const [red, green, blue] = [1, 3, 5].map(at => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const asHex = text => (/^#?[0-9a-f]{6}$/i.test(text.trim()) ? `#${text.trim().replace("#", "")}` : null);

function showContrasts() {
  for (const place of form.querySelectorAll(".contrast")) {
    const [ink, ground] = [place.dataset.ink, place.dataset.ground].map(name => asHex(form.elements[name].value));
    place.hidden = !ink || !ground;
    if (place.hidden) continue;
    const [low, high] = [luminance(ink), luminance(ground)].sort((one, other) => one - other);
    const ratio = (high + 0.05) / (low + 0.05);
    place.classList.toggle("low", ratio < LEAST_CONTRAST);
    place.querySelector("[data-ratio]").textContent = `${(Math.floor(ratio * 100) / 100).toFixed(2)}:1`;
    place.querySelector("[data-verdict]").textContent = ratio < LEAST_CONTRAST ? `too low, ${LEAST_CONTRAST}:1 is needed` : "passes";
    place.querySelector("rect").setAttribute("fill", ground);
    for (const stroke of place.querySelectorAll("path, circle")) stroke.setAttribute("stroke", ink);
  }
}

function refresh() {
  for (const place of form.querySelectorAll("[data-left]")) {
    const left = place.dataset.limit - [...form.elements[place.dataset.left].value.trim()].length;
    place.textContent = left < 0 ? `${-left} too many` : `${left} left`;
    place.classList.toggle("over", left < 0);
  }
  for (const swatch of form.querySelectorAll("[data-swatch]")) {
    swatch.value = asHex(form.elements[swatch.dataset.swatch].value) ?? swatch.value;
  }
  form.querySelector("[data-percent]").textContent = `${Math.round(100 * form.elements.scrim.value)}%`;
  showContrasts();
  for (const field of fields()) field.closest(".field")?.classList.toggle("touched", isTouched(field));
  const isUnsaved = edits().length > 0;
  document.getElementById("save-state").textContent = isUnsaved ? "Not saved yet" : "";
  document.getElementById("discard").hidden = !isUnsaved;
}

function changed() {
  refresh();
  clearTimeout(timer);
  timer = setTimeout(showDraft, PAUSE);
}

/* Widgets */

/** Number the widgets as the stored list does. */
function renumber() {
  [...widgets.querySelectorAll("[data-widget]")].forEach((widget, number) => {
    for (const element of widget.querySelectorAll("*")) {
      for (const attribute of element.attributes) {
        attribute.value = attribute.value.replace(/\bwidgets\.\d+\./g, `widgets.${number}.`);
      }
      if (element.name === "remove") element.value = number;
    }
  });
}

function addWidget(kind) {
  const numbers = fields().map(field => Number(/^widgets\.(\d+)\.type$/.exec(field.name)?.[1] ?? -1));
  const number = Math.max(-1, ...numbers) + 1;
  const made = document.createElement("template");
  made.innerHTML = form.querySelector(`template[data-new="${kind}"]`).innerHTML.replaceAll("widgets.NEW.", `widgets.${number}.`);
  const widget = made.content.querySelector("[data-widget]");
  widget.dataset.added = "";
  widgets.insertBefore(widget, widgets.querySelector("#complaint-widgets"));
  widget.querySelector("input:not([type=hidden])").focus();
  changed();
}

function removeWidget(widget) {
  const after = widget.nextElementSibling?.querySelector("input:not([type=hidden]), button") ?? widgets.querySelector("[name=add]");
  widget.remove();
  (after ?? widgets.querySelector("[name=add]")).focus();
  changed();
}

form.addEventListener("input", event => {
  const swatch = event.target.dataset.swatch;
  if (swatch) form.elements[swatch].value = event.target.value.toUpperCase();
  changed();
});
form.addEventListener("click", event => {
  const button = event.target.closest("button[name]");
  if (button?.name === "add") addWidget(button.value);
  else if (button?.name === "remove") removeWidget(button.closest("[data-widget]"));
  else return;
  event.preventDefault();
});
form.addEventListener("submit", event => {
  event.preventDefault();
  save();
});
form.addEventListener("reset", () => {
  everythingIsNew = false;
  widgets.replaceChildren(...storedWidgets.cloneNode(true).childNodes);
  setTimeout(changed);
});
document.addEventListener("keydown", event => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "s") {
    event.preventDefault();
    save();
  }
});
addEventListener("beforeunload", event => {
  if (edits().length) event.preventDefault();
});

refresh();
if (edits().length && !everythingIsNew) showDraft();

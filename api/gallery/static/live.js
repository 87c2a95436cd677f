// Keeps an open page up to date: server-sent events, and asking every few seconds where there are none.
const POLL_SECONDS = 3;
const CARDS_SECONDS = 2;

const moving = [...document.querySelectorAll("[data-batch]:not([data-ended])")];
const query = moving.map((element) => `batch=${element.dataset.batch}`).join("&");
let events = null;
let polls = null;
let cards = null;

function show(standings) {
  for (const element of moving) {
    const standing = standings[element.dataset.batch];
    if (standing) showStanding(element, standing);
  }
  refreshCards();
}

function showStanding(element, standing) {
  element.querySelector("[data-told]").textContent = standing.told;
  const status = element.querySelector("[data-status] .status");
  status.className = `status ${standing.status}`;
  status.lastChild.textContent = standing.status;
  const bar = element.querySelector("[data-bar]");
  bar.setAttribute("aria-label", standing.told);
  let x = 0;
  for (const part of ["done", "failed", "running"]) {
    const rect = bar.querySelector(`.${part}`);
    const width = (100 * standing[part]) / (standing.total || 1);
    rect.setAttribute("x", x);
    rect.setAttribute("width", width);
    x += width;
  }
  for (const count of document.querySelectorAll("[data-count]")) {
    count.textContent = standing[count.dataset.count].toLocaleString("en");
  }
}

// The cards follow at a calmer pace, and those that have not changed stay as they are.
function refreshCards() {
  const shown = document.querySelector("#cards");
  if (!shown || cards) return;
  cards = setTimeout(async () => {
    cards = null;
    const answer = await ask(shown.dataset.source);
    if (answer) exchange(shown, await answer.text());
  }, CARDS_SECONDS * 1000);
}

function exchange(shown, html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("#cards");
  const list = shown.querySelector(".cards");
  const known = new Map([...list.children].map((card) => [card.id, card]));
  const wanted = [...fresh.querySelectorAll(".card")].map((card) => {
    const old = known.get(card.id);
    return old?.dataset.version === card.dataset.version ? old : document.adoptNode(card);
  });
  const focused = document.activeElement?.closest(".card")?.id;
  for (const card of [...list.children]) if (!wanted.includes(card)) card.remove();
  // A frame that is moved loads again: what is in its place already is left there.
  wanted.forEach((card, place) => {
    if (list.children[place] !== card) list.insertBefore(card, list.children[place] ?? null);
  });
  if (focused && !document.activeElement?.closest(".card")) {
    document.getElementById(focused)?.querySelector(".cover")?.focus();
  }
  for (const part of [".empty", ".pager"]) {
    shown.querySelector(part)?.remove();
    const now = fresh.querySelector(part);
    if (now) part === ".empty" ? list.before(now) : list.after(now);
  }
}

async function ask(address, accept = "text/html") {
  try {
    const answer = await fetch(address, { headers: { Accept: accept } });
    if (answer.status === 401 || answer.redirected) location.reload();
    return answer.ok ? answer : null;
  } catch {
    return null;
  }
}

async function poll() {
  const answer = await ask(`/gallery/progress?${query}`, "application/json");
  if (!answer) return;
  const standings = await answer.json();
  show(standings);
  if (Object.values(standings).every((standing) => standing.ended)) ended();
}

function startPolling() {
  polls ??= setInterval(poll, POLL_SECONDS * 1000);
}

function stop() {
  events?.close();
  clearInterval(polls);
  events = polls = null;
}

// What one may do with a batch changes with its end, and so does the page's head.
function ended() {
  stop();
  setTimeout(() => location.reload(), CARDS_SECONDS * 500);
}

function start() {
  if (document.hidden || events || polls) return;
  if (!window.EventSource) return startPolling();
  events = new EventSource(`/gallery/events?${query}`);
  events.addEventListener("standing", (event) => show(JSON.parse(event.data)));
  events.addEventListener("ended", ended);
  events.addEventListener("error", () => {
    if (events?.readyState === EventSource.CLOSED) {
      events = null;
      poll();
      startPolling();
    }
  });
}

document.addEventListener("outdated", refreshCards);
if (moving.length) {
  // A browser holds few connections to one server: pages that nobody looks at hold none.
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
  start();
}

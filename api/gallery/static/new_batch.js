// What was checked is what is started: after a change it has to be checked once more.
const form = document.querySelector("#addresses-form");
const start = document.querySelector("#start-form");

form.addEventListener("input", () => {
  if (start) {
    start.querySelector("button").disabled = true;
    start.querySelector("button").textContent = "Check first: something has changed";
    form.querySelector("button").classList.add("primary");
  }
});
start?.addEventListener("submit", () => {
  start.querySelector("button").disabled = true;
});

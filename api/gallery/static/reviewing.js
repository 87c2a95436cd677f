// Approving and rejecting in place; without a script the same forms lead back to their page.
const toast = document.querySelector("#toast");

export function say(text) {
  toast.textContent = text;
  clearTimeout(say.ends);
  say.ends = setTimeout(() => (toast.textContent = ""), 4000);
}

// What somebody else has changed meanwhile is to be looked at before it is reviewed.
function showAnew(form) {
  say("This preview has changed since it was shown here, and was not reviewed. Look at it once more.");
  form.dispatchEvent(new CustomEvent("outdated", { bubbles: true }));
}

// Gives a review, or takes it back where it is given already (or `review` is empty).
export async function review(form, review) {
  const [approve, reject] = form.querySelectorAll("button");
  const pressed = { approved: approve, rejected: reject }[review];
  const wanted = pressed?.getAttribute("aria-pressed") === "true" ? "" : review;
  const body = new FormData(form);
  body.set("review", wanted);
  try {
    const answer = await fetch(form.action, {
      method: "POST", body, headers: { Accept: "application/json" },
    });
    if (answer.status === 401) return location.reload();
    if (answer.status === 412) return showAnew(form);
    if (!answer.ok) return say((await answer.json()).detail);
  } catch {
    return say("The gallery cannot be reached at the moment; nothing was changed.");
  }
  approve.setAttribute("aria-pressed", String(wanted === "approved"));
  reject.setAttribute("aria-pressed", String(wanted === "rejected"));
  say({ approved: "Approved", rejected: "Rejected" }[wanted] ?? "The review was taken back");
  document.dispatchEvent(new CustomEvent("reviewed", { detail: wanted }));
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-review]");
  if (form && event.submitter) {
    event.preventDefault();
    review(form, event.submitter.value);
  }
});

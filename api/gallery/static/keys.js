// Single keys can be switched off, for those who speak to their browser (WCAG 2.2, 2.1.4).
const SETTING = "cta-previews-keys";

const dialog = document.querySelector("#keys");
const checkbox = document.querySelector("#keys-on");
const opener = document.querySelector("#show-keys");

const areOn = () => localStorage.getItem(SETTING) !== "off";

if (dialog && checkbox && opener) {
  checkbox.checked = areOn();
  checkbox.addEventListener("change", () =>
    localStorage.setItem(SETTING, checkbox.checked ? "on" : "off"),
  );
  opener.hidden = false;
  opener.addEventListener("click", () => dialog.showModal());
}

// Calls what `actions` has for a key, by its lower-case name; not while somebody types.
export function listen(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (dialog?.open || !areOn()) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (event.key === "?") return dialog?.showModal();
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  });
}

// A form is sent once, and nobody leaves what they typed unsaved without being asked.
(() => {
  let unsaved = Boolean(document.getElementById("form-errors"));

  const typed = ({ target }) => { if (target.closest?.("form[data-keep]")) unsaved = true; };
  for (const name of ["input", "change", "htmx:afterSwap"]) {
    document.addEventListener(name, (event) => { if (name !== "htmx:afterSwap" || event.target.id === "condition") typed(event); });
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return; // htmx sends its own
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "true";
    unsaved = false;
  });
  document.addEventListener("click", ({ target }) => { if (target.closest("[data-discard]")) unsaved = false; });
  addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
  addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((form) => delete form.dataset.sent)); // back from the next page
})();

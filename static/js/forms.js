// A form is sent once, and nobody leaves what they typed unsaved without being asked.
(() => {
  let unsaved = Boolean(document.getElementById("form-errors"));

  const typed = ({ target }) => { if (target.closest?.("form[data-keep]")) unsaved = true; };
  for (const name of ["input", "change", "htmx:afterSwap"]) {
    document.addEventListener(name, (event) => { if (name !== "htmx:afterSwap" || event.target.id === "condition") typed(event); });
  }

  // The values offered in a row are those of its attribute.
  document.addEventListener("change", ({ target }) => {
    if (target.name === "condition-attribute") target.closest("fieldset").querySelector("[name=condition-value]").setAttribute("list", `choices-${target.value}`);
  });

  // Whoever adds a row goes on in it; whoever removes one is not thrown back to the top of the page.
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const pressed = detail.requestConfig?.elt;
    if (pressed?.name !== "do" || !document.getElementById("condition")) return;
    const fresh = [...document.querySelectorAll("[name=condition-attribute]")].filter((row) => !row.value).pop();
    if (/^(add|group)/.test(pressed.value) && fresh) fresh.focus();
    else if (document.activeElement === document.body) document.querySelector("#condition :is(.s-button, textarea)").focus();
  });

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

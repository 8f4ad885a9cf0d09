// Dragging a rule by its handle posts where it was dropped; Up and Down are plain buttons and need none of this.
(() => {
  let dragged = null;

  const list = () => document.querySelector("[data-reorder]");

  document.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest(".s-handle");
    if (!handle || event.button) return;
    dragged = handle.closest("[data-rule]");
    dragged.classList.add("is-dragged");
    handle.setPointerCapture(event.pointerId);
    event.preventDefault();
  });

  document.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    const others = [...list().querySelectorAll("[data-rule]")].filter((rule) => rule !== dragged);
    const next = others.find((rule) => { const box = rule.getBoundingClientRect(); return event.clientY < box.top + box.height / 2; });
    if ((next ?? null) !== dragged.nextElementSibling) list().insertBefore(dragged, next ?? null);
  });

  const drop = () => {
    if (!dragged) return;
    const rule = dragged;
    dragged = null;
    rule.classList.remove("is-dragged");
    const before = rule.nextElementSibling?.dataset.rule ?? "";
    htmx.ajax("POST", rule.dataset.move, { source: list(), target: "#rules", swap: "outerHTML", values: { before, placement: list().dataset.placement, rule: list().dataset.text } });
  };
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", drop);

  // After a swap the button pressed is a new element: htmx gives focus back by id, unless it is disabled now.
  document.addEventListener("htmx:afterSettle", (event) => {
    const pressed = event.detail.requestConfig?.elt?.querySelector?.("[name=direction]");
    if (!pressed) return;
    const rule = pressed.id.split("-")[1];
    const place = [...document.querySelectorAll("[data-rule]")].findIndex((item) => item.dataset.rule === rule);
    document.getElementById("rules-said").textContent = `Now in place ${place + 1}.`;
    if (document.activeElement === document.body) document.querySelector(`#up-${rule}:not([disabled]), #down-${rule}:not([disabled])`)?.focus();
  });
})();

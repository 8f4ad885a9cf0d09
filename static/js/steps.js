// A form in steps: one at a time, with a bar. Enter goes on to the next, and on the last one sends. Without this the steps stand below each other.
(() => {
  const form = document.querySelector("[data-steps]");
  const steps = [...form.querySelectorAll("[data-step]")];
  const bar = form.querySelector(".s-steps");
  const [back, next] = ["back", "next"].map((name) => form.querySelector(`[data-${name}]`));
  const lasts = form.querySelectorAll("[data-last]");
  let place = 0;

  const show = (wanted, { focus = true } = {}) => {
    place = Math.min(Math.max(wanted, 0), steps.length - 1);
    steps.forEach((step, i) => { step.hidden = i !== place; });
    bar.querySelectorAll("[data-go]").forEach((button, i) => {
      if (i === place) button.setAttribute("aria-current", "step"); else button.removeAttribute("aria-current");
    });
    back.hidden = place === 0;
    next.hidden = place === steps.length - 1;
    lasts.forEach((last) => { last.hidden = place < steps.length - 1; });
    const name = steps[place].querySelector("#new-name");
    const typed = name?.querySelector("[name=name]");
    if (name && (!typed.value || typed.value === name.querySelector("[name=suggested]").value)) {
      typed.value = "";
      htmx.trigger(name, "named");
    }
    if (!focus) return;
    steps[place].querySelector("h2").focus({ preventScroll: true });
    form.scrollIntoView({ block: "start" });
  };

  bar.hidden = false;
  back.addEventListener("click", () => show(place - 1));
  next.addEventListener("click", () => show(place + 1));
  form.addEventListener("click", (event) => {
    const go = event.target.closest("[data-go]");
    if (go) show(Number(go.dataset.go) - 1, { focus: go.matches("button") });
    // Nothing was saved of a rule that is not wanted after all.
    const drop = event.target.closest("[data-drop]");
    if (drop) {
      event.preventDefault();
      drop.closest(".s-new-rule").remove();
      form.querySelector("[value=add-rule]").focus();
    }
  });

  // Enter in a field goes on: what sends the form stands at the end. Lists and pickers have taken theirs already.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.defaultPrevented || event.isComposing || place === steps.length - 1) return;
    if (!event.target.matches("input:not([type=button], [type=submit], [type=file]), select")) return;
    event.preventDefault();
    show(place + 1);
  });

  // Whoever adds a rule goes on in it.
  document.addEventListener("htmx:afterSettle", () => {
    const fresh = form.querySelector("[data-fresh]");
    if (!fresh) return;
    fresh.removeAttribute("data-fresh");
    fresh.scrollIntoView({ block: "start" });
    fresh.querySelector("input[type=radio]")?.focus({ preventScroll: true });
  });

  show(Number(form.dataset.start) - 1, { focus: false });
})();

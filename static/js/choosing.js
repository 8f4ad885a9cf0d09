// Choosing by eye: a click on a drawing of a page chooses its placement, a search narrows a list. Without this there are the lists themselves.
(() => {
  const mark = (places) => places.querySelectorAll("[data-place]").forEach((block) => {
    block.classList.toggle("chosen", Boolean(places.querySelector(`input[value="${block.dataset.place}"]:checked`)));
  });

  const narrow = (input) => {
    const words = input.value.trim().toLowerCase();
    input.closest("fieldset").querySelectorAll("li").forEach((row) => {
      row.hidden = !row.textContent.toLowerCase().includes(words) && !row.querySelector(":checked");
    });
  };

  document.addEventListener("click", ({ target }) => {
    const block = target.closest("[data-places] [data-place]");
    if (block) block.closest("[data-places]").querySelector(`input[value="${block.dataset.place}"]`).click();
  });
  document.addEventListener("change", ({ target }) => {
    const places = target.closest("[data-places]");
    if (places) mark(places);
    if (target.matches("[data-creative] [name$=template]")) target.dataset.touched = "true";
  });
  document.addEventListener("input", ({ target }) => { if (target.matches("[data-filter] input")) narrow(target); });
  // What was chosen while other creatives were on their way stays chosen.
  let kept = null;
  document.addEventListener("htmx:beforeSwap", ({ detail }) => { if (detail.target.matches(".s-creatives")) kept = detail.target.querySelector("input:checked"); });
  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (kept && detail.elt.matches?.(".s-creatives")) {
      const again = [...detail.elt.querySelectorAll("input[type=radio]")].find(({ value }) => value === kept.value);
      if (again) again.checked = true;
      kept = null;
    }
  });
  // A new creative begins with a template that fits, until somebody chooses another one.
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const fits = detail.elt.dataset?.fits;
    const template = fits && detail.elt.closest("[data-showing]")?.querySelector("[data-creative] [name$=template]");
    if (!template || template.dataset.touched || template.value === fits) return;
    template.value = fits;
    htmx.trigger(template.closest("[data-creative]"), "input");
  });

  const enhance = (root) => {
    root.querySelectorAll("[data-filter]").forEach((filter) => { filter.hidden = false; });
    root.querySelectorAll("[data-places]").forEach(mark);
  };
  document.addEventListener("htmx:load", ({ detail }) => enhance(detail.elt));
  enhance(document);
})();

// Ctrl-K opens the search over everything. Arrow keys choose, Enter goes there, Escape closes. Without scripts its link leads to a page.
(() => {
  const dialog = document.getElementById("search");
  const input = document.getElementById("search-text");
  const list = document.getElementById("search-found");
  const said = document.getElementById("search-said");
  let chosen = null;
  let entered = false; // Enter was pressed before the answer to the letters was there

  const options = () => [...list.querySelectorAll("[role=option]")];
  const typed = () => input.value.trim();
  const isAnswered = () => list.firstElementChild?.dataset.text === typed();

  const choose = (option) => {
    chosen?.setAttribute("aria-selected", "false");
    chosen = option;
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option?.id ?? "");
  };

  const step = (by) => {
    const all = options();
    if (all.length) choose(all[(all.indexOf(chosen) + by + all.length) % all.length]);
  };

  const open = () => {
    if (dialog.open) return;
    dialog.showModal();
    input.select();
    htmx.trigger(input, "look");
  };

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-search]") && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      open();
    } else if (event.target === dialog || event.target.closest("#search [data-close]")) dialog.close();
  });

  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") step(1);
    else if (event.key === "ArrowUp") step(-1);
    else if (event.key === "Enter") {
      entered = !isAnswered();
      if (!entered) chosen?.click();
    } else return;
    event.preventDefault();
  });

  list.addEventListener("htmx:afterSwap", () => {
    const all = options();
    input.setAttribute("aria-expanded", String(all.length > 0));
    chosen = null;
    choose(all[0]);
    said.textContent = all.length ? `${all.length} found` : "Nothing found";
    if (entered && isAnswered()) {
      entered = false;
      chosen?.click();
    }
  });
  input.addEventListener("input", () => { entered = false; });
})();

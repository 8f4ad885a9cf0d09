// What the header needs on every page: an open menu closes by Escape, and by a click or a step elsewhere.
(() => {
  const menus = () => document.querySelectorAll("details.s-menu[open]");

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  for (const name of ["click", "focusin"]) {
    document.addEventListener(name, ({ target }) => { for (const menu of menus()) if (!menu.contains(target)) menu.open = false; });
  }
})();

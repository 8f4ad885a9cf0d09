// The side drawer: what Segue knows about whoever is looking, refreshed while it is open.
(() => {
  const button = document.querySelector(".drawer-toggle"), drawer = document.getElementById("drawer");
  let timer;

  const refresh = async () => {
    const query = new URLSearchParams({ anonymousId: window.segue?.anonymousId?.() || "", url: location.href });
    const answer = await fetch(`${drawer.dataset.source}?${query}`).catch(() => null);
    if (!answer?.ok || (drawer.firstChild && drawer.matches(":focus-within"))) return; // not under somebody's focus
    const details = () => [...drawer.querySelectorAll("details")], open = details().map((each) => each.open);
    drawer.innerHTML = await answer.text();
    details().forEach((each, i) => { each.open = open[i]; });
  };
  const toggle = (open) => {
    drawer.hidden = !open;
    button.setAttribute("aria-expanded", open);
    button.textContent = open ? "Close" : "What Segue knows";
    sessionStorage.setItem("drawer", open ? "open" : "");
    clearInterval(timer);
    if (open) {
      refresh();
      timer = setInterval(refresh, 3000);
    }
  };

  button.addEventListener("click", () => toggle(drawer.hidden));
  document.addEventListener("keydown", (event) => {
    if (event.key == "Escape" && !drawer.hidden) {
      toggle(false);
      button.focus();
    }
  });
  document.addEventListener("segue:decision", () => drawer.hidden || refresh());
  drawer.tabIndex = 0; // it scrolls, so the keyboard must reach it
  if (sessionStorage.getItem("drawer")) toggle(true);
})();

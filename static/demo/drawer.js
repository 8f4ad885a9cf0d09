// The side drawer: what Segue knows about whoever is looking, refreshed while it is open. And the consent banner, whose
// answer the drawer tells of.
(() => {
  const button = document.querySelector(".drawer-toggle"), drawer = document.getElementById("drawer");
  const banner = document.getElementById("consent"), prefix = `segue.${drawer.dataset.key}.`;
  let timer;

  // --- consent

  const choice = () => { try { return JSON.parse(localStorage[`${prefix}consent`]); } catch { return null; } };
  const consent = () => {
    const said = choice();
    if (!said) return "unasked";
    return said.analytics ? "agreed" : "declined";
  };
  const answer = (agreed) => {
    window.segue?.consent({ analytics: agreed, personalization: agreed });
    banner.hidden = true;
    drawer.hidden ? button.focus({ preventScroll: true }) : refresh(true);
    setTimeout(() => drawer.hidden || refresh(), 700); // by then what waited for the answer has been told
  };
  const ask = () => { banner.hidden = false; banner.querySelector("button").focus({ preventScroll: true }); };
  banner.addEventListener("click", ({ target }) => target.dataset.agree && answer(target.dataset.agree == "yes"));
  if (consent() == "unasked") banner.hidden = false;

  // Who orders and redeems a coupon, for the shop's server; of whoever agreed.
  document.addEventListener("submit", ({ target: { elements } }) => {
    if (elements.anonymousId && consent() == "agreed") elements.anonymousId.value = window.segue?.anonymousId?.() || "";
  });

  // --- the drawer

  const refresh = async (now) => {
    const placements = [...document.querySelectorAll("[data-segue-placement]")].map((spot) => spot.dataset.seguePlacement);
    const query = new URLSearchParams({
      anonymousId: window.segue?.anonymousId?.() || "", url: location.href, consent: consent(), placements,
    });
    const got = await fetch(`${drawer.dataset.source}?${query}`).catch(() => null);
    if (!got?.ok || (!now && drawer.firstChild && drawer.matches(":focus-within"))) return; // not under somebody's focus
    const details = () => [...drawer.querySelectorAll("details")], open = details().map((each) => each.open);
    const text = await got.text();
    if (text == refresh.text) return;
    drawer.innerHTML = refresh.text = text;
    details().forEach((each, i) => { each.open = open[i]; });
  };
  const toggle = (open) => {
    drawer.hidden = !open;
    document.documentElement.classList.toggle("with-drawer", open);
    button.setAttribute("aria-expanded", open);
    button.textContent = open ? "Close" : "What Segue knows";
    sessionStorage.setItem("drawer", open ? "open" : "");
    clearInterval(timer);
    if (open) {
      refresh();
      timer = setInterval(refresh, 1000);
    }
  };

  // --- what can be tried

  const post = async (address, values = {}) => {
    const body = new FormData();
    body.append("csrfmiddlewaretoken", drawer.querySelector("[name=csrfmiddlewaretoken]").value);
    Object.entries(values).forEach(([name, value]) => body.append(name, value));
    return fetch(address, { method: "POST", body });
  };
  const deeds = {
    // The visit is told again as one that was half an hour earlier; the browser goes on as that visitor.
    async earlier({ to }) {
      const got = await post(to, { anonymousId: window.segue.anonymousId() });
      if (!got.ok) {
        drawer.querySelector(".try-said").textContent = "There is nothing to tell again: an order was counted, and counts once. Look at something first, or start as a new visitor.";
        return;
      }
      localStorage[`${prefix}id`] = JSON.stringify((await got.json()).anonymousId);
      location.assign(drawer.dataset.home); // who comes back comes to the door; the cart's own page ends its being left alone
    },
    async leave({ to }) {
      await post(to);
      window.segue.reset();
      location.assign(drawer.dataset.home);
    },
    async pause({ to, paused }) {
      await post(to, { paused });
      refresh(true);
    },
    ask,
  };
  drawer.addEventListener("click", ({ target }) => {
    const deed = deeds[target.dataset.do];
    if (!deed) return;
    target.disabled = true;
    Promise.resolve(deed(target.dataset)).finally(() => { target.disabled = false; });
  });

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

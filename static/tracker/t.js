// Segue, see docs/tracker.md
(() => {
  const early = window.segue, tag = document.querySelector("script[data-write-key]");
  if (!tag || early?.track) return;
  const { writeKey, host = new URL(tag.src, location).origin, consent: mode, search = "q" } = tag.dataset;

  const safe = (f) => (...given) => { try { return f(...given); } catch {} };
  const on = (type, f) => addEventListener(type, safe(f), true);
  const later = (f, ms) => setTimeout(safe(f), ms);
  const newId = () => crypto.getRandomValues(new Uint32Array(4)).join("-");
  const post = async (path, body, keepalive) => fetch(host + path, { method: "POST", body: JSON.stringify({ writeKey, sentAt: new Date(), ...body }), keepalive });

  // --- storage
  let disk = safe(() => localStorage)() || {};
  const prefix = `segue.${writeKey}.`, parse = (key) => JSON.parse(disk[key]), read = safe((key) => parse(prefix + key));
  const write = (key, value, text = JSON.stringify(value)) => {
    try { disk[prefix + key] = text; } catch { (disk = { ...disk })[prefix + key] = text; }
    return value;
  };
  const kept = (kind) => Object.keys(disk).filter((key) => key.startsWith(prefix + kind)).sort();
  const forget = (keys) => keys.forEach((key) => delete disk[key]);

  // --- consent
  const objects = navigator.globalPrivacyControl || navigator.doNotTrack == 1;
  const may = (purpose) => !objects && (read("consent")?.[purpose] ?? mode != "opt-in");
  const visitor = () => may("analytics") ? read("id") || write("id", newId()) : null;
  const consent = (choice) => {
    if (objects) return;
    write("consent", { ...read("consent"), ...choice });
    scan(true);
  };

  // --- queue: an entry each, for tabs
  let busy, timer, stream, sent = Date.now() * 1000;
  const head = (room = 2e4) => kept("q").filter((key, i) => (room -= disk[key].length) > 0 || !i);
  const send = (type, fields) => {
    if (!visitor()) return;
    view.id || arrive();
    const messageId = newId();
    write("q" + sent++ + messageId, { type, messageId, timestamp: new Date(), ...who(), ...fields });
    forget(kept("q").slice(0, -200));
    soon(100);
  };
  const track = (event, properties) => send("track", { event, properties });
  const soon = (ms) => timer ||= later(() => { timer = 0; flush(); }, ms);
  const flush = async (keepalive) => {
    const keys = head(), wait = read("wait") - Date.now();
    if (wait > 0 && wait < 3e6) return soon(wait);
    if (!keys[0] || (busy && !keepalive)) return;
    busy = 1;
    try {
      const { status, headers } = await post("/v1/batch", { batch: keys.map(parse) }, keepalive);
      write("wait", Date.now() + headers.get("Retry-After") * 1000);
      if (/408|429|5../.test(status)) throw status;
      forget(keys);
      soon(100);
    } catch { soon(2e4); }
    busy = 0;
  };

  // --- pages
  let view = {}, since, attentive, moved, looking;
  const who = () => ({ anonymousId: visitor(), userId: visitor() && read("user"), context: {
    page: view.page, consent: { categoryPreferences: { analytics: may("analytics"), personalization: may("personalization") } },
  } });
  const arrive = (again) => {
    const url = location.href.split("#")[0];
    if (view.page?.url != url || again) {
      report();
      view = { id: newId(), page: { url, referrer: view.page?.url || document.referrer }, seconds: 0, next: 5, percent: 0, moves: 0, clicks: 0 };
    }
    view.page.title = document.title;
    view.about = propertiesOf(document.body);
    scroll();
    if (view.told) return;
    view.told = may("analytics");
    send("page", { properties: { page_id: view.id, ...view.page, ...view.about } });
    const query = new URL(url).searchParams.get(search);
    if (query) track("Products Searched", { query });
  };

  // --- attention
  const tick = () => {
    const now = performance.now();
    if (attentive) view.seconds += Math.min(now - since, 2000) / 1000;
    since = now;
    attentive = document.hasFocus() && !document.hidden;
    if (view.seconds >= view.next) report();
    look();
  };
  const scroll = safe(() => view.percent = Math.max(view.percent, Math.min(100, 100 * (scrollY + innerHeight) / document.body.scrollHeight)));
  const report = () => {
    const { id: page_id, about, seconds, percent, moves, clicks } = view;
    if (seconds == view.sent || !seconds) return;
    view.sent = seconds;
    view.next = [5, 10, 20, 31, 60].find((step) => step > seconds) || seconds * 1.5;
    track("Page Dwell", { page_id, seconds, ...about });
    track("Scroll Depth", { page_id, percent });
    track("Pointer Activity", { page_id, moves, clicks });
    view.moves = view.clicks = 0;
  };

  // --- declared
  const own = "<slot></slot>", seen = new WeakMap(), spots = new WeakMap(), every = (name) => [...document.querySelectorAll(`[data-segue-${name}]`)];
  const propertiesOf = safe((element) => JSON.parse(element.closest("[data-segue-properties]").dataset.segueProperties));
  const look = () => looking ||= later(() => { looking = 0; scan(); }, 50);
  const scan = (again) => {
    if (document.prerendering || !document.body) return;
    early?.splice?.(0).forEach(api.push);
    const { id } = view;
    if (!may("analytics")) ["q", "id", "user", "wait"].map(kept).forEach(forget);
    arrive();
    every("view").forEach((element) => {
      const event = element.dataset.segueView, properties = propertiesOf(element), content = event + JSON.stringify(properties);
      if (seen.get(element) != content) track(event, properties);
      seen.set(element, content);
    });
    const fresh = every("placement").filter((element) => spots.get(element)?.key != element.dataset.seguePlacement).map(reserve);
    decide(again || view.id != id ? all() : fresh);
  };
  const click = (event) => {
    const path = event.composedPath(), near = (selector) => path.find((node) => node.matches?.(selector)), link = near("a[href]"), declared = near("[data-segue-click]");
    const spot = spots.get(near("[data-segue-placement]"));
    view.clicks++;
    if (spot && link) engage(spot, "click");
    if (spot && near("[data-segue-dismiss]")) { engage(spot, "dismiss"); spot.closed = true; spot.latest = 0; show(spot); }
    if (declared) track(declared.dataset.segueClick, propertiesOf(declared));
    if (link?.host == location.host) track("Internal Link Clicked", { href: link.pathname, text: link.text.trim().slice(0, 80) });
  };

  // --- placements
  const all = () => every("placement").map((element) => spots.get(element)).filter((spot) => spot && !spot.closed);
  const reserve = (element) => {
    const spot = { element, key: element.dataset.seguePlacement, html: spots.get(element)?.html || own };
    element.style.minHeight = element.dataset.segueMinHeight + "px";
    spots.set(element, spot);
    return spot;
  };
  const isCovered = ({ element }) => getComputedStyle(element).opacity == 0;
  const reveal = ({ element }) => element.style.animation = "none";
  const decide = async (asked = all()) => {
    if (!asked[0]) return;
    sleep();
    const keys = busy ? [] : head(), covered = asked.map(isCovered);
    busy = 1;
    try {
      const { decisions, accepted } = await (await post("/v1/decide", { ...who(), placements: asked.map(({ key }) => key), events: keys.map(parse) })).json();
      if (accepted) forget(keys);
      asked.forEach((spot, i) => {
        spot.latest = decisions.find(({ placement }) => placement == spot.key);
        if (covered[i] == isCovered(spot)) show(spot, !covered[i]); // else it is read
      });
    } catch { asked.forEach(reveal); }
    busy = 0;
    soon(100);
    listen();
  };
  const show = safe((spot, live) => {
    const { element, latest } = spot, html = latest?.variant?.html || own;
    const swap = () => {
      element.style.minHeight = getComputedStyle(element).height;
      if (html != spot.html) {
        const root = element.shadowRoot || element.attachShadow({ mode: "open" }), [, css, rest] = html.split(/<.?style>/), sheet = new CSSStyleSheet();
        sheet.replaceSync(css); // for a strict policy
        root.adoptedStyleSheets = [sheet];
        root.innerHTML = rest || html;
        spot.html = html;
      }
      spot.decision = latest;
      reveal(spot);
      watch(element);
      document.dispatchEvent(new CustomEvent("segue:decision", { detail: latest }));
    };
    if (!live) return swap();
    if (html == spot.html) return;
    if (element.matches(":hover, :focus-within")) return later(() => show(spot, live), 1000);
    element.ariaLive = "polite";
    if (!matchMedia("(prefers-reduced-motion)").matches) element.animate({ opacity: [1, 0, 1] }, 500);
    later(swap, 250);
  });
  const engage = (spot, type) => {
    const token = spot.decision?.impressionUrl?.split("/").pop();
    if (token) post("/v1/engagement", { token, type }, true).catch(() => {});
  };
  const watch = (element) => { watcher.unobserve(element); watcher.observe(element); };
  const watcher = new IntersectionObserver((entries) => entries.forEach(({ target, intersectionRatio, intersectionRect }) => {
    const spot = spots.get(target);
    clearTimeout(spot.timer);
    if (intersectionRatio >= 0.5 || intersectionRect.height > innerHeight / 2) spot.timer = later(() => {
      if (document.hidden) return watch(target);
      watcher.unobserve(target);
      engage(spot, "impression");
    }, 1000);
  }), { threshold: [0.1, 0.2, 0.5] });

  // --- live
  const sleep = () => stream = stream?.close();
  const listen = safe(() => {
    if (stream || !all()[0] || document.hidden || !visitor() || !may("personalization")) return;
    stream = new EventSource(host + "/v1/stream?" + new URLSearchParams({ writeKey, anonymousId: visitor(), url: view.page.url, placements: all().map(({ key, latest }) => [key, latest?.variant?.key].join(":")) }));
    stream.addEventListener("decisions", () => decide());
    stream.onerror = () => { sleep(); later(decide, Math.random() * 6e4); };
  });

  const api = {
    track, consent, anonymousId: visitor, page: () => arrive(true),
    identify: (userId, traits) => { visitor() && write("user", userId); send("identify", { traits }); },
    push: ([call, ...given]) => api[call](...given),
  };
  for (const call in api) api[call] = safe(api[call]);
  window.segue = api;

  safe(scan)();
  safe(tick)();
  setInterval(safe(tick), 1000);
  on("online", flush);
  on("scroll", scroll);
  on("pointermove", ({ timeStamp }) => view.moves += moved != (moved = timeStamp / 100 | 0));
  on("click", click);
  on("submit", ({ target }) => track("Form Submitted", { form: target.getAttribute("name") || target.id }));
  on("visibilitychange", () => {
    tick();
    if (!document.hidden) return decide();
    report();
    flush(true);
    sleep();
  });
  on("pageshow", ({ persisted }) => persisted && arrive(true));
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
})();

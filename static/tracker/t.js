// Segue, see docs/tracker.md
(() => {
  const early = window.segue, tag = document.currentScript, { writeKey, host = new URL(tag.src).origin, budget = 400, consent: mode, search = "q" } = tag.dataset;
  if (!writeKey || early?.track) return;

  // the page must not notice what fails here
  const safe = (f) => (...given) => { try { return f(...given); } catch {} };
  const on = (target, type, f) => target.addEventListener(type, safe(f), true);
  const later = (f, ms) => setTimeout(safe(f), ms);
  const newId = () => crypto.randomUUID?.() || [1, 2, 3].map(Math.random).join("-"); // no UUID without https
  const post = (path, body, keepalive) => fetch(host + path, { method: "POST", body: JSON.stringify({ writeKey, ...body }), keepalive });

  // --- storage: no cookie; memory where localStorage is closed
  const disk = safe(() => localStorage)() || {}, prefix = `segue.${writeKey}.`;
  const read = safe((key) => JSON.parse(disk[prefix + key]));
  const write = safe((key, value) => { disk[prefix + key] = JSON.stringify(value); return value; });

  // --- consent: before anything is stored
  const objects = navigator.globalPrivacyControl || navigator.doNotTrack == 1;
  const may = (purpose) => !objects && (read("consent")?.[purpose] ?? mode != "opt-in");
  const visitor = () => may("analytics") ? read("id") || write("id", newId()) : null;
  const consent = (choice) => {
    if (objects) return;
    write("consent", { ...read("consent"), ...choice });
    if (!may("analytics")) ["id", "user", "queue", "wait"].forEach((key) => delete disk[prefix + key]);
    else if (!view.told) arrive(true);
    sleep();
    wake();
  };

  // --- queue: until acknowledged
  let busy, failures = 0, timer;
  const queue = () => read("queue") || [];
  const send = (type, fields) => {
    if (!visitor()) return;
    const message = { type, messageId: newId(), timestamp: new Date(), ...who(), ...fields };
    write("queue", [...queue(), message].slice(-200));
    soon(100);
  };
  const track = (event, properties) => send("track", { event, properties });
  const soon = (ms) => timer ||= later(() => { timer = 0; flush(); }, ms);
  const settle = (batch) => {
    const sent = JSON.stringify(batch);
    if (batch[0]) write("queue", queue().filter(({ messageId }) => !sent.includes(messageId)));
    failures = 0;
  };
  const flush = (leaving) => {
    const batch = queue().slice(0, 40), wait = read("wait") - Date.now();
    if (wait > 0) return soon(Math.min(wait, 3e5));
    if (!batch[0] || (busy && !leaving)) return;
    busy = true;
    post("/v1/batch", { sentAt: new Date(), batch }, leaving).then(({ status, headers }) => {
      busy = false;
      write("wait", Date.now() + headers.get("Retry-After") * 1000); // also for the next page
      if (/408|429|5../.test(status)) throw status;
      settle(batch); // stored, or refused for good
      flush();
    }).catch(() => {
      busy = false;
      soon(Math.min(60, 2 ** failures++) * 1000);
    });
  };

  // --- pages: one view after the other
  let view = {};
  const who = () => ({ anonymousId: visitor(), userId: read("user"), context: {
    page: view.page, consent: { categoryPreferences: { analytics: may("analytics"), personalization: may("personalization") } },
  } });
  const arrive = (again) => {
    const url = location.href.split("#")[0], query = new URLSearchParams(location.search).get(search);
    if (view.page?.url == url && !again) return;
    report();
    const page = { url, title: document.title, referrer: view.page?.url || document.referrer };
    view = { id: newId(), page, about: propertiesOf(document.body), told: may("analytics"), seconds: 0, next: 5, percent: 0, moves: 0, clicks: 0 };
    send("page", { properties: { page_id: view.id, ...page, ...view.about } });
    if (query) track("Products Searched", { query });
    scroll();
  };

  // --- attention: visible and focused
  let since, attentive, moved = 0;
  const tick = () => {
    const now = performance.now();
    if (attentive) view.seconds += Math.min(now - since, 2000) / 1000; // not while asleep
    since = now;
    attentive = !document.hidden && document.hasFocus();
    if (view.seconds >= view.next) report();
    scan();
  };
  const scroll = () => view.percent = Math.max(view.percent, Math.min(100, 100 * (scrollY + innerHeight) / document.body.scrollHeight));
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

  // --- declared: data-segue-view and data-segue-click name events
  const seen = new WeakMap(), spots = new Map(), all = () => [...spots.values()];
  const propertiesOf = safe((element) => JSON.parse(element.closest("[data-segue-properties]").dataset.segueProperties));
  const scan = () => {
    arrive(); // a single-page app has changed the address
    document.querySelectorAll("[data-segue-view]").forEach((element) => {
      const event = element.dataset.segueView, properties = propertiesOf(element), content = event + JSON.stringify(properties);
      if (seen.get(element) != content) track(event, properties);
      seen.set(element, content);
    });
    const fresh = [...document.querySelectorAll("[data-segue-placement]")].filter((element) => !spots.has(element)).map(reserve);
    if (!fresh[0]) return;
    decide(fresh);
    sleep();
  };
  const click = (event) => {
    const path = event.composedPath(), near = (selector) => path[0].closest(selector), link = near("a[href]"), declared = near("[data-segue-click]");
    const spot = spots.get(path.find((node) => spots.has(node)));
    view.clicks++;
    if (spot && link) engage(spot, "click");
    if (spot && near("[data-segue-dismiss]")) { engage(spot, "dismiss"); spot.latest = {}; show(spot); }
    if (declared) track(declared.dataset.segueClick, propertiesOf(declared));
    if (link?.host == location.host) track("Internal Link Clicked", { href: link.pathname, text: link.text.trim().slice(0, 80) });
  };

  // --- placements
  const own = "<slot></slot>"; // the page's own content
  const reserve = (element) => {
    const spot = { element, key: element.dataset.seguePlacement, html: own };
    spots.set(element, spot);
    element.style.minHeight = element.dataset.segueMinHeight + "px";
    spot.cover = element.animate({ opacity: [0, 0] }, +budget);
    spot.cover.onfinish = () => spot.open = true;
    return spot;
  };
  const reveal = (spot) => { spot.open = true; spot.cover.cancel(); spot.element.style.animation = "none"; };
  const decide = (asked, live) => {
    if (!asked[0]) return;
    const events = busy ? [] : queue().slice(0, 40);
    busy = true;
    post("/v1/decide", { ...who(), placements: asked.map(({ key }) => key), events }).then((response) => response.json()).then(({ decisions, accepted }) => {
      if (accepted) settle(events);
      asked.forEach((spot) => {
        spot.latest = decisions.find(({ placement }) => placement == spot.key);
        if (live || !spot.open) show(spot, live); // too late: it is being read
      });
    }).catch(() => asked.forEach(reveal)).then(() => { busy = false; soon(100); listen(); });
  };
  const show = (spot, live) => {
    const { element, latest } = spot, html = latest?.variant?.html || own;
    const swap = () => {
      element.style.minHeight = element.offsetHeight + "px"; // nothing below may jump
      if (html != spot.html) (element.shadowRoot || element.attachShadow({ mode: "open" })).innerHTML = spot.html = html;
      spot.decision = latest;
      reveal(spot);
      watcher.unobserve(element);
      watcher.observe(element);
      document.dispatchEvent(new CustomEvent("segue:decision", { detail: latest }));
    };
    if (live && html == spot.html) return;
    if (!live) return swap();
    if (element.matches(":hover, :focus-within")) return later(() => show(spot, live), 1000);
    element.ariaLive = "polite";
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) element.animate({ opacity: [1, 0, 1] }, 500);
    later(swap, 250);
  };
  const engage = (spot, type) => {
    const token = spot.decision?.impressionUrl?.split("/").pop();
    if (token) post("/v1/engagement", { token, type }, true).catch(() => {});
  };
  const watcher = new IntersectionObserver((entries) => entries.forEach(({ target, isIntersecting }) => {
    const spot = spots.get(target);
    clearTimeout(spot.timer);
    if (isIntersecting) spot.timer = later(() => {
      watcher.unobserve(target);
      engage(spot, "impression");
    }, 1000);
  }), { threshold: 0.5 });

  // --- live
  let stream;
  const sleep = () => { stream?.close(); stream = 0; };
  const listen = () => {
    if (stream || !spots.size || document.hidden || !may("analytics") || !may("personalization")) return;
    stream = new EventSource(host + "/v1/stream?" + new URLSearchParams({ writeKey, anonymousId: visitor(), url: view.page.url, placements: all().map(({ key, latest }) => [key, latest?.variant?.key].join(":")) }));
    on(stream, "decisions", ({ data }) => decide(all().filter(({ key }) => JSON.parse(data).placements.includes(key)), true));
    on(stream, "error", () => { sleep(); later(wake, 3e4); });
  };
  const wake = () => decide(all(), true);

  const api = {
    track, consent, anonymousId: visitor, page: () => arrive(true),
    identify: (userId, traits) => { if (visitor()) write("user", userId); send("identify", { traits }); },
    push: ([call, ...given]) => api[call](...given),
  };
  for (const call in api) api[call] = safe(api[call]);
  window.segue = api;

  const leave = () => { tick(); report(); flush(true); sleep(); };
  safe(scan)();
  setInterval(safe(tick), 1000);
  on(window, "online", () => flush());
  on(window, "scroll", scroll);
  on(window, "pointermove", ({ timeStamp }) => { if (timeStamp - moved > 100) { moved = timeStamp; view.moves++; } });
  on(document, "click", click);
  on(document, "submit", ({ target }) => track("Form Submitted", { form: target.getAttribute("name") || target.id }));
  on(document, "visibilitychange", () => { if (document.hidden) return leave(); tick(); wake(); });
  on(window, "pagehide", leave);
  on(window, "pageshow", ({ persisted }) => arrive(persisted));
  new MutationObserver(safe(scan)).observe(document, { childList: true, subtree: true });
  early?.forEach?.(api.push);
})();

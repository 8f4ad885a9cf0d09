// Segue's tracker: tells what a visitor does and fills placements (docs/tracker.md).
// It trusts nothing of the page that it is on; whatever fails, the page does not notice.
// The server takes comments and long names out, and 4,096 bytes (gzipped) is what may be left.
(() => {
  // --- config

  const early = window.segue, script = document.currentScript;
  // Other products' tags carry a write key too. A module is no current script: there its file's name tells.
  const tag = [script, ...document.scripts].find(
    (tag) => tag?.dataset.writeKey && (tag == script || /\/t\.js\b/.test(tag.src)),
  );
  if (!tag || early?.track) return;
  const {
    writeKey, host = new URL(tag.src, location).origin, consent: mode, search = "q", query, domain,
  } = tag.dataset;

  // --- units of time, in ms; other numbers stand once, with their unit beside them (a name for each costs 13 bytes)

  const SECOND = 1e3, MINUTE = 6e4;

  // --- basics

  const safe = (f) => (...given) => { try { return f(...given); } catch {} };
  const on = (type, f) => addEventListener(type, safe(f), true);
  const later = (f, ms) => setTimeout(safe(f), ms);
  const newId = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

  // For what others can drive into a loop: how long (ms) the next turn has to wait. Twice as long each time, from a
  // quarter of a second up to five minutes; `first` again once nothing was asked for `calm` ms after the last turn.
  const brake = (first, calm = MINUTE) => {
    let wait, turn;
    return () => {
      const now = performance.now();
      wait = now - turn < calm ? Math.min(wait * 2 || SECOND / 4, 5 * MINUTE) : first;
      turn = now + wait;
      return wait;
    };
  };
  // However often it is asked for, f runs once; `wait` says in how many ms, 0 is now. By default whoever asks says it,
  // else it is a tenth of a second, in which more may come that can go along.
  const once = (f, wait = (ms = 100) => ms) => {
    let timer;
    return (given) => {
      if (timer) return;
      const ms = wait(given);
      ms ? timer = later(() => { timer = 0; f(); }, ms) : f();
    };
  };

  // JSON of what JSON can hold of a value: no cycles, no elements, nothing that throws. The copy has no prototypes,
  // because pages change those of lists, objects and dates (`toJSON`).
  const encode = (value) => {
    let room = 9999, left; // so many values: the graph behind one reference would freeze the page
    // `above`: what the value stands in. Found there again, it is a cycle.
    const copyOf = (value, above) => {
      if (room-- < 0 || above.includes(value) || value instanceof EventTarget) throw 0;
      if (typeof value == "bigint") return value + "";
      if (!value || typeof value != "object") return value;
      if (value.toISOString) return value.toISOString();
      const copy = Array.isArray(value) ? [] : {}, below = [...above, value];
      if (value.toJSON != copy.toJSON) return copyOf(value.toJSON(), below); // a class's own: an amount, an address
      Object.setPrototypeOf(copy, null);
      for (const [key, part] of Object.entries(value)) {
        try { copy[key] = copyOf(part, below); } catch { left ||= key; }
      }
      return copy;
    };
    const copy = copyOf(value, []);
    if (left) console.warn("segue: lost:", left);
    return JSON.stringify(copy);
  };

  // --- storage

  // Where a browser refuses storage (the mere mention of it throws) a plain object takes its place: the queue then
  // lives as long as the page. When it is full, `write` copies all of it into one, and the page goes on with that.
  let disk = safe(() => localStorage)() || {};
  const prefix = `segue.${writeKey}.`;
  const parse = safe((key) => JSON.parse(disk[key])), read = (key) => parse(prefix + key);
  const write = (key, value) => {
    const text = encode(value);
    try { disk[prefix + key] = text; } catch { (disk = { ...disk })[prefix + key] = text; }
    return value;
  };
  const kept = (kind) => Object.keys(disk).filter((key) => key.startsWith(prefix + kind)).sort();
  const remove = (keys) => keys.forEach((key) => delete disk[key]);
  const forget = (...kinds) => kinds.map(kept).forEach(remove);

  // --- visitor

  const objects = navigator.globalPrivacyControl || navigator.doNotTrack == 1;
  const chosen = (purpose = "analytics") => !objects && read("consent")?.[purpose];
  const may = (purpose) => chosen(purpose) ?? mode != "opt-in";
  // With `data-domain` a cookie has the id too, for all hosts of that domain; it lasts a year (in seconds), or is taken
  // away.
  const shared = () => domain && document.cookie.split(prefix + "id=")[1]?.split(";")[0];
  const share = (id) => {
    if (domain) document.cookie = `${prefix}id=${id}; domain=${domain}; path=/; max-age=${id ? 3e7 : 0}`;
  };
  const visitor = () => {
    if (!may()) return null;
    // The cookie wins: another host of the domain may have begun a new visitor since.
    const id = shared() || read("id") || newId();
    shared() || share(id);
    if (id != read("id")) write("id", id);
    return id;
  };
  const user = () => read("user" + visitor()) || {}; // belongs to the id, which another host may change
  const identify = (userId, traits, options) => {
    if (Object(userId) === userId) return identify(null, userId, traits);
    if (!visitor()) return calls.push(["identify", userId, traits, options]); // nowhere else before there is consent
    const { userHash = options?.userHash, ...others } = traits || {};
    const known = user(), id = String(userId || known.userId || ""), isOther = known.userId != id;
    const person = { userId: id, userHash: userHash || (isOther ? undefined : known.userHash) };
    if (known.userId && isOther) reset(); // somebody else, on a browser that they share
    if (id) write("user" + visitor(), person);
    send("identify", { traits: others });
    if (id && encode(person) != encode(known)) scan(true); // decides for them; on later pages they are known already
  };
  const reset = () => {
    report(); // the attention so far is theirs who leave
    forget("id", "user");
    share("");
    calls.splice(0);
    all().forEach(clear);
    arrive(true);
    scan();
  };
  const consent = (choice) => {
    if (objects) return;
    write("consent", { ...read("consent"), ...choice });
    if (!may()) share("");
    scan(true);
  };

  // --- queue: an entry each, for tabs write at the same time; two of them may send one, which its messageId makes
  // harmless

  // `busy`: requests under way. `sent` orders the keys: microseconds by the clock at first, so that a page's entries
  // follow those of the page before, then one more each.
  let busy = 0, stream, sent = Date.now() * SECOND;
  const retry = brake(20 * SECOND);
  // The oldest that fit into one request: browsers refuse more than 64 KB with `keepalive`, whatever the alphabet. One
  // goes in any case, or it would hold up all others for good.
  const head = (room = 2e4) => kept("q").filter((key, i) => (room -= disk[key].length) > 0 || !i);
  const send = (type, fields) => {
    if (!visitor()) return;
    view.told || arrive();
    const messageId = newId();
    write("q" + sent++ + messageId, { type, messageId, timestamp: new Date(), ...who(), ...fields });
    remove(kept("q").slice(0, -200)); // of more than 200 events that wait, the oldest are lost
    busy || soon(); // what is under way goes on by itself, or waits
  };
  const track = (event, properties) => send("track", { event, properties });
  // Throws where the same may be sent again.
  const post = async (path, fields, keepalive) => {
    const response = await fetch(host + path, {
      method: "POST", body: encode({ writeKey, sentAt: new Date(), ...fields }), keepalive,
    });
    const { ok, status } = response, wait = response.headers.get("Retry-After");
    if (wait && visitor()) write("wait", Date.now() + wait * SECOND);
    if (/408|429|5../.test(status)) throw status;
    // What accepts is JSON, or it was not the server (a network's log-in page); what refuses may be anybody.
    const answer = await response.json().catch(ok || (() => ({})));
    (ok ? answer.rejected : [answer])?.forEach(({ index, message }) => {
      console.warn("segue: lost:", fields.batch?.[index] || fields, status, message);
    });
    return answer;
  };
  const flush = async (keepalive) => {
    const keys = head(), wait = read("wait") - Date.now();
    if (wait > 0 && wait < 50 * MINUTE) return soon(wait); // longer is a wrong clock
    if (!keys[0] || (busy && !keepalive)) return; // a page that is left cannot wait for what is under way
    busy++;
    try {
      await post("/v1/batch", { batch: keys.map(parse) }, keepalive);
      remove(keys);
      soon();
    } catch { soon(retry()); }
    busy--;
  };
  const soon = once(flush);

  // --- pages

  let view = {}, since, attentive, moved;
  // Consent is a choice, or a refusal. Of silence nothing is told, and the site's own rule holds.
  const who = () => ({
    anonymousId: visitor(), ...user(),
    context: {
      page: view.page,
      consent: {
        categoryPreferences: {
          analytics: may() && chosen(),
          personalization: may("personalization") && chosen("personalization"),
        },
      },
    },
  });
  const parameters = () => new URLSearchParams(location.search), searched = () => parameters().get(search);
  // What makes another view. Filters and positions that an app keeps in the address do not, or `data-query` names them.
  const place = () => location.pathname + [...parameters()].filter(([name]) => query?.split(" ").includes(name));
  const arrive = (again) => {
    if (view.place != place() || again) {
      report();
      const url = location.href.split("#")[0], referrer = view.page?.url || document.referrer;
      view = {
        page_id: newId(), place: place(), page: { url, referrer }, typed: searched(),
        shown: {}, seconds: 0, next: 5, percent: 0, moves: 0, clicks: 0,
      };
      outdate();
    }
    view.page.title = document.title;
    view.about = propertiesOf(document.body);
    scroll();
    if (view.told) return;
    view.told = may();
    send("page", { properties: { page_id: view.page_id, ...view.page, ...view.about } });
  };

  // --- attention

  const tick = () => {
    const now = performance.now(), typed = searched();
    // Two seconds at most: a computer that slept was not looked at, and timers of hidden tabs are late.
    if (attentive) view.seconds += Math.min(now - since, 2 * SECOND) / SECOND;
    since = now;
    attentive = document.hasFocus() && !document.hidden;
    if (view.seconds >= view.next) report();
    if (typed && view.told && typed == view.typed && typed != view.query) { // and nobody goes on typing
      view.query = typed;
      track("Products Searched", { query: typed });
    }
    view.typed = typed;
    look();
  };
  const scroll = safe(() => {
    view.percent = Math.max(
      view.percent, Math.min(100, 100 * (scrollY + innerHeight) / document.body.scrollHeight),
    );
  });
  const report = () => {
    const { page_id, about, seconds, percent, moves, clicks } = view;
    if (seconds == view.sent || !seconds) return;
    view.sent = seconds;
    // Seconds of attention at which it is told of: often at first, ever more seldom on a page that stays open.
    view.next = [5, 10, 20, 31, 60].find((step) => step > seconds) || seconds * 1.5;
    track("Page Dwell", { page_id, seconds, ...about });
    track("Scroll Depth", { page_id, percent });
    track("Pointer Activity", { page_id, moves, clicks });
    view.moves = view.clicks = 0;
  };

  // --- declared

  const own = "<slot></slot>", seen = new WeakMap(), spots = new WeakMap();
  const every = (name) => [...document.querySelectorAll(`[data-segue-${name}]`)];
  const propertiesOf = safe(
    (element) => JSON.parse(element.closest("[data-segue-properties]").dataset.segueProperties),
  );
  const scan = (again) => {
    if (!document.body || document.prerendering) return;
    calls.splice(0).forEach(api.push);
    if (!may()) forget("q", "id", "user", "wait");
    arrive();
    every("view").forEach((element) => {
      const event = element.dataset.segueView, properties = propertiesOf(element);
      const content = event + encode(properties);
      if (seen.get(element) != content) track(event, properties);
      seen.set(element, content);
    });
    every("placement").forEach(reserve);
    if (again) outdate();
    if (due()[0]) decideSoon();
  };
  const look = once(scan, () => 50); // ms: an app draws in bursts
  const click = (event) => {
    const near = (selector) => event.composedPath().find(safe((node) => node.matches(selector)));
    const link = near("a[href]"), declared = near("[data-segue-click]");
    const spot = spots.get(near("[data-segue-placement]"));
    view.clicks++;
    if (link) engage(spot, "click");
    if (spot && near("[data-segue-dismiss]")) {
      engage(spot, "dismiss");
      spot.closed = true;
      clear(spot);
    }
    if (declared) track(declared.dataset.segueClick, propertiesOf(declared));
    if (link?.host == location.host) {
      track("Internal Link Clicked", { href: link.pathname, text: link.text.trim().slice(0, 80) });
    }
  };

  // --- placements

  const all = () => every("placement").map((element) => spots.get(element)).filter((spot) => spot && !spot.closed);
  const due = () => all().filter(({ asked }) => !asked);
  const outdate = () => all().forEach((spot) => spot.asked = 0); // answers under way are not for this view or visitor
  const reserve = (element) => {
    if (spots.get(element)?.key == element.dataset.seguePlacement) return;
    element.style.minHeight = element.dataset.segueMinHeight + "px";
    spots.set(element, { element, key: element.dataset.seguePlacement, html: spots.get(element)?.html || own });
  };
  const isCovered = ({ element }) => getComputedStyle(element).opacity == 0;
  const reveal = ({ element }) => element.style.animation = "none";
  const decide = async () => {
    // Events come along, so that the answer knows of them; not while others are under way, which may be the same.
    const asked = due(), covered = asked.map(isCovered), keys = busy ? [] : head();
    if (!asked[0]) return;
    sleep();
    asked.forEach((spot) => spot.asked = asked); // by this question: an answer to an earlier one finds another here
    busy++;
    try {
      const { decisions, accepted } = await post("/v1/decide", {
        ...who(), placements: asked.map(({ key }) => key), events: keys.map(parse), shown: view.shown,
      });
      if (accepted) remove(keys);
      asked.forEach((spot, i) => {
        if (spot.asked != asked) return; // asked again since
        spot.latest = decisions.find(({ placement }) => placement == spot.key);
        view.shown[spot.key] = spot.latest?.variant?.key;
        if (covered[i] == isCovered(spot)) show(spot, !covered[i]); // else it is read
      });
    } catch { asked.forEach(reveal); }
    busy--;
    soon();
    listen();
  };
  const decideSoon = once(decide, brake(0, SECOND)); // a page may add placements, or change its address, without end
  const show = safe((spot, live) => {
    const { element, latest } = spot, html = latest?.variant?.html || own;
    const swap = () => {
      element.style.minHeight = getComputedStyle(element).height; // nothing jumps while the content changes
      if (html != spot.html) {
        const root = element.shadowRoot || element.attachShadow({ mode: "open" });
        const [, css, rest] = html.split(/<.?style>/), sheet = new CSSStyleSheet();
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
    // Somebody is at it: it must not change under the pointer. A later decision may have come by the next look.
    if (element.matches(":hover, :focus-within")) return later(() => show(spot, live), SECOND);
    element.ariaLive = "polite";
    if (!matchMedia("(prefers-reduced-motion)").matches) element.animate({ opacity: [1, 0, 1] }, SECOND / 2);
    later(swap, SECOND / 4); // at the darkest moment of the fading
  });
  const clear = (spot) => { spot.latest = 0; show(spot); };
  const engage = (spot, type) => {
    const token = spot?.decision?.impressionUrl?.split("/").pop();
    if (token) post("/v1/engagement", { token, type }, true).catch(() => {});
  };
  // Anew, for an observer tells again of what is in view already only when it is new to it.
  const watch = (element) => { watcher.unobserve(element); watcher.observe(element); };
  // An impression is half of it, or what fills half of the window, in sight for a second.
  const watcher = new IntersectionObserver((all) => all.forEach(({ target, intersectionRatio, intersectionRect }) => {
    const spot = spots.get(target);
    clearTimeout(spot.timer);
    if (intersectionRatio < 0.5 && intersectionRect.height < innerHeight / 2) return;
    spot.timer = later(() => {
      watcher.unobserve(target);
      if (document.hidden) return watcher.observe(target); // observers say nothing of tabs that are switched
      engage(spot, "impression");
    }, SECOND);
  }), { threshold: [0.1, 0.2, 0.5] });

  // --- live

  const lost = brake(MINUTE);
  const sleep = () => stream = stream?.close();
  const listen = safe(() => {
    if (stream || due()[0] || !all()[0] || document.hidden || !visitor() || !may("personalization")) return;
    stream = new EventSource(host + "/v1/stream?" + new URLSearchParams({
      writeKey, ...who(), context: encode(who().context),
      // Of what was never answered, that nothing is shown: then the stream says at once that there is something.
      placements: all().map(({ key }) => [key, view.shown[key]].join(":")),
    }));
    stream.addEventListener("decisions", change);
    // Browsers would all come back at once after a restart of the server: each waits for a time of its own.
    stream.onerror = () => { sleep(); later(change, Math.random() * lost()); };
  });
  const change = once(() => { outdate(); decide(); }, brake(0, 10 * SECOND));

  // --- calls

  const calls = early?.splice ? early : []; // that wait for this script, for somebody to open the page, or for consent
  const api = {
    track, identify, reset, consent, page: () => arrive(true), push: ([call, ...given]) => api[call](...given),
  };
  for (const call in api) {
    const f = safe(api[call]);
    // A page that is drawn ahead may never be looked at.
    api[call] = (...given) => { document.prerendering ? calls.push([call, ...given]) : f(...given); };
  }
  api.anonymousId = safe(visitor);
  window.segue = api;

  if (objects) share("");
  safe(scan)();
  safe(tick)();
  setInterval(safe(tick), SECOND);
  on("online", () => flush());
  on("scroll", scroll);
  on("pointermove", ({ timeStamp }) => {
    const before = moved;
    moved = timeStamp / 100 | 0; // tenths of a second: pointers report at the rate of their screens
    view.moves += moved != before;
  });
  on("click", click);
  // By its attributes: a form's own `name` and `id` may be fields of that name.
  on("submit", ({ target: { attributes: { name, id } } }) => {
    track("Form Submitted", { form: name?.value || id?.value });
  });
  on("visibilitychange", () => {
    tick();
    if (!document.hidden) return change();
    report();
    flush(true);
    sleep();
  });
  on("pageshow", ({ persisted }) => persisted && arrive(true)); // back from the browser's memory, where no script ran
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
})();

// Live events: lines as they arrive, and how many a second. What is stored stands in the page already.
(() => {
  const page = document.getElementById("live-page");
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const names = read("live-names");
  const time = window.segueClock(page.dataset.zone);
  const form = document.getElementById("live-filter");
  const pause = document.getElementById("live-pause");
  const state = document.getElementById("feed-state");
  const said = document.getElementById("live-count");
  const body = () => document.querySelector("#live-rows tbody");
  const MOST_ROWS = 200, SPAN = 300; // lines, seconds
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };

  // --- lines: as `_live_rows.html` has them -------------------------------------------------------------------------------------
  const called = (kind, key) => names[kind][key] || key;
  const did = (row) => {
    if (!row.placement) return "";
    const shown = row.variant ? `“${called("variant", row.variant)}”` : "nothing";
    return `${shown} in ${called("placement", row.placement)}${row.campaign ? `, ${called("campaign", row.campaign)}` : ""}`;
  };
  const visitor = (row) => `${page.dataset.visitors}${row.visitor}/`;
  const line = (row) => {
    const what = make("td", { class: "s-line" });
    row.entered.forEach((name) => what.append(make("span", { class: "s-badge good" }, `entered ${name}`), " "));
    what.append(did(row), " ");
    if (row.kind === "decision") {
      const id = row.decision.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
      what.append(make("a", { href: `${visitor(row)}decisions/${id}/` }, "Why"));
    }
    const at = new Date(row.at).toISOString();
    return make("tr", { class: "s-fresh" },
      make("td", { class: "s-nowrap" }, make("time", { datetime: at, title: `${at.slice(11, 19)} UTC` }, time.format(row.at))),
      make("th", { scope: "row" }, `${row.name} `, make("span", { class: "s-muted s-small" }, called("kind", row.kind))), what,
      make("td", {}, make("a", { href: visitor(row) }, row.visitor.slice(0, 8))),
      make("td", { class: "s-small s-live-path s-wide" }, row.path));
  };

  let isPaused = false, waiting = [];
  const show = (rows) => {
    body().querySelector(".s-nothing")?.remove();
    body().prepend(...rows.map(line));
    while (body().children.length > MOST_ROWS) body().lastElementChild.remove();
  };
  const feed = (rows) => {
    if (!isPaused) return show(rows);
    waiting = [...rows, ...waiting].slice(0, MOST_ROWS);
    said.textContent = `${waiting.length}${waiting.length === MOST_ROWS ? " or more" : ""} came meanwhile`;
  };
  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", isPaused);
    pause.textContent = isPaused ? "Go on" : "Pause";
    said.textContent = isPaused ? "paused" : "";
    if (!isPaused) { show(waiting); waiting = []; }
  });

  // --- how many a second -----------------------------------------------------------------------------
  const seconds = new Map(read("live-seconds").map(([at, events, decisions]) => [at, { events, decisions }]));
  const now = () => Math.floor(Date.now() / 1000);
  const pace = (told) => {
    const known = seconds.get(now()) || { events: 0, decisions: 0 };
    seconds.set(now(), { events: known.events + told.events, decisions: known.decisions + told.decisions });
  };
  const NOTHING = { events: 0, decisions: 0 };
  const series = () => {
    const end = now() - 1, at = Array.from({ length: SPAN }, (_, i) => end - SPAN + 1 + i);
    const of = (name) => at.map((second) => (seconds.get(second) || NOTHING)[name]);
    return [at, of("events"), of("decisions")];
  };
  const holder = document.getElementById("pace"), current = document.getElementById("pace-now");
  let chart;
  const draw = () => {
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const axis = { stroke: colour("--s-muted"), grid: { stroke: colour("--s-line"), width: 1 }, ticks: { stroke: colour("--s-line") } };
    chart?.destroy();
    chart = new uPlot({
      width: holder.clientWidth, height: 220, cursor: { y: false },
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), page.dataset.zone),
      scales: { y: { range: (_, low, high) => [0, Math.max(high, 1)] } },
      axes: [{ ...axis, values: (_, splits) => splits.map((at) => time.format(at * 1000)), space: 90 },
        { ...axis, size: 48, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] }],
      series: [{ label: "Time", value: (_, at) => (at ? time.format(at * 1000) : "–") },
        { label: "Events", stroke: colour("--s-one"), width: 2, fill: colour("--s-band"), points: { show: false } },
        { label: "Decisions", stroke: colour("--s-three"), width: 2, dash: [6, 3], points: { show: false } }],
    }, series(), holder);
  };
  const table = () => [...document.querySelectorAll("#pace-table tbody tr")].forEach((row, number) => {
    const last = now() - 30 * number, first = last - 30;
    const sum = (name) => Array.from({ length: 30 }, (_, i) => (seconds.get(first + 1 + i) || NOTHING)[name]).reduce((a, b) => a + b, 0) / 30;
    row.replaceChildren(make("th", { scope: "row" }, time.format(first * 1000)),
      ...["events", "decisions"].map((name) => make("td", { class: "s-number" }, sum(name).toFixed(1))));
  });
  const tick = () => {
    if (document.hidden) return;
    const told = series();
    chart.setData(told);
    const lately = (of) => (of.slice(-10).reduce((a, b) => a + b, 0) / 10).toFixed(1);
    current.textContent = `${lately(told[1])} events and ${lately(told[2])} decisions a second, over the last ten seconds`;
    for (const at of seconds.keys()) if (at < told[0][0]) seconds.delete(at);
  };
  holder.hidden = current.hidden = false;
  draw();
  tick();
  setInterval(tick, 1000);
  setInterval(table, 5000);
  new ResizeObserver(() => chart.setSize({ width: holder.clientWidth, height: 220 })).observe(holder);
  new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });

  // --- live, or not -----------------------------------------------------------------------------------
  let polling = 0;
  const live = (is) => {
    clearInterval(polling);
    polling = is ? 0 : setInterval(() => isPaused || htmx.trigger("#live-rows", "poll-live"), 3000);
    state.textContent = is ? "live" : "not live: what is stored, every 3 s";
    document.getElementById("live-refresh").hidden = true;
  };
  const query = () => `&kind=${encodeURIComponent(form.kind.value)}&name=${encodeURIComponent(form.elements.name.value.trim())}`;
  pause.hidden = false;
  const stream = window.segueFeed({ ...page.dataset, query: query(), feed, pace, live });

  // Other lines: what is stored of them first, then those that arrive.
  let typing = 0;
  const filter = () => {
    const address = `${location.pathname}?${new URLSearchParams(new FormData(form))}`;
    history.replaceState(null, "", address);
    waiting = [];
    htmx.ajax("GET", address, { target: "#live-rows", swap: "outerHTML" });
    stream.ask(query());
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); filter(); });
  form.kind.addEventListener("change", filter);
  form.elements.name.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(filter, 400); });
})();

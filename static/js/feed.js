// The feed of Home and Health, and the figures of this minute: live where events arrive, else what is stored, asked for
// again and again.
(() => {
  const state = document.getElementById("feed-state");
  const list = () => document.getElementById("feed");
  const strip = () => document.getElementById("live");
  const LIMIT = 40;
  const STALE_MS = 20000; // a live strip asks once in so long for what the feed does not tell: visitors, and the bars
  let polling = 0;

  const time = window.segueClock(list().dataset.zone);
  const cell = (tag, text, attributes = {}) => Object.assign(document.createElement(tag), { textContent: text, ...attributes });

  const show = (row) => {
    const item = document.createElement("li");
    const what = cell("span", row.name + " ");
    what.append(cell("span", row.path, { className: "s-muted" }));
    item.append(
      cell("time", time.format(row.at), { dateTime: new Date(row.at).toISOString(), title: `${new Date(row.at).toISOString().slice(11, 19)} UTC` }), what,
      cell("a", row.visitor.slice(0, 8), { href: `${list().dataset.visitor}${row.visitor}/` }),
    );
    list().prepend(item);
  };

  // What is counted up here is counted again on the server with the next fragment.
  const count = (pace) => {
    for (const name of ["seen", "clicks", "orders"]) {
      const figure = strip()?.querySelector(`[data-count="${name}"]`);
      if (!figure || !pace[name]) continue;
      figure.dataset.now = Number(figure.dataset.now) + pace[name];
      figure.textContent = Number(figure.dataset.now).toLocaleString("en");
    }
  };

  let isLive = false;
  const say = () => {
    const said = strip()?.querySelector("[data-pace]");
    if (said) said.textContent = isLive ? "the last 30 minutes, live" : "the last 30 minutes, every 5 s";
  };
  const ask = () => strip() && htmx.trigger(strip(), "poll-live");
  let asking = setInterval(ask, 5000);

  const live = (is) => {
    if (is === isLive && (is || polling)) return;
    isLive = is;
    clearInterval(polling);
    clearInterval(asking);
    asking = setInterval(ask, is ? STALE_MS : 5000);
    polling = is ? 0 : setInterval(() => list().contains(document.activeElement) || htmx.trigger(list(), "poll-feed"), 3000);
    state.textContent = is ? "live" : "stored events, every 3 s";
    say();
  };
  document.addEventListener("htmx:afterSettle", say);

  window.segueFeed({
    ...list().dataset,
    live,
    pace: count,
    feed: (rows) => {
      rows.reverse().forEach(show);
      while (list().children.length > LIMIT) list().lastElementChild.remove();
    },
  });
})();

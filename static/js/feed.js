// The live feed of Home: server-sent events where they arrive, else the stored events every three seconds.
(() => {
  const state = document.getElementById("feed-state");
  const list = () => document.getElementById("feed");
  const LIMIT = 40;
  let polling = 0;

  const poll = () => {
    if (polling) return;
    state.textContent = "stored events, every 3 s";
    polling = setInterval(() => list().contains(document.activeElement) || htmx.trigger(list(), "poll-feed"), 3000);
  };

  const cell = (tag, text, attributes = {}) => Object.assign(document.createElement(tag), { textContent: text, ...attributes });

  // By the clocks of the site; a browser that does not know its zone tells UTC, and says so.
  const clock = (timeZone) => new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
  let time;
  try { time = clock(list().dataset.zone); } catch { time = { format: (at) => `${clock("UTC").format(at)} UTC` }; }

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

  let stream, successor;

  const listen = (token) => {
    successor?.close();
    if (!token) return poll();
    const next = successor = new EventSource(`/v1/stream?feed=${encodeURIComponent(token)}`);
    const patience = setTimeout(() => next === stream || poll(), 4000);
    next.addEventListener("open", () => {
      clearTimeout(patience);
      if (next !== stream) stream?.close();
      stream = next;
      successor = undefined;
      clearInterval(polling);
      polling = 0;
      state.textContent = "live";
    });
    next.addEventListener("feed", (message) => {
      JSON.parse(message.data).reverse().forEach(show);
      while (list().children.length > LIMIT) list().lastElementChild.remove();
    });
    next.addEventListener("error", poll);
  };

  // As htmx asks: what a page does by itself is no use of the log-in. A token lives minutes, and no longer than the log-in: after that the stream ends, and what polls is sent to the log-in.
  const renew = () => fetch(list().dataset.renew, { redirect: "error", headers: { "HX-Request": "true" } })
    .then((answer) => answer.json())
    .then((answer) => listen(answer.token), poll);

  listen(list().dataset.token);
  setInterval(renew, list().dataset.renewSeconds * 1000);
})();

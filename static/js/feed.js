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

  const show = (row) => {
    const item = document.createElement("li");
    const what = cell("span", row.name + " ");
    what.append(cell("span", row.path, { className: "s-muted" }));
    item.append(
      cell("time", new Date(row.at).toISOString().slice(11, 19)), what,
      cell("a", row.visitor.slice(0, 8), { href: `${list().dataset.visitor}${row.visitor}/` }),
    );
    list().prepend(item);
  };

  const stream = new EventSource(list().dataset.stream);
  const patience = setTimeout(poll, 4000);
  stream.addEventListener("open", () => {
    clearTimeout(patience);
    clearInterval(polling);
    polling = 0;
    state.textContent = "live";
  });
  stream.addEventListener("feed", (message) => {
    JSON.parse(message.data).reverse().forEach(show);
    while (list().children.length > LIMIT) list().lastElementChild.remove();
  });
  stream.addEventListener("error", poll);
})();

// The feed of a site for staff: server-sent events with tokens that are renewed. `segueFeed` tells who listens of lines
// (`feed`), of how much went by (`pace`), and whether it is live; `ask` asks for other lines.
window.segueFeed = ({ token, renew, renewSeconds, query = "", feed, pace = () => {}, live }) => {
  let known = token, asked = query, stream, successor;

  const listen = (token) => {
    successor?.close();
    if (!token) return live(false);
    known = token;
    const next = successor = new EventSource(`/v1/stream?feed=${encodeURIComponent(token)}${asked}`);
    const patience = setTimeout(() => next === stream || live(false), 4000);
    next.addEventListener("open", () => {
      clearTimeout(patience);
      if (next !== stream) stream?.close();
      stream = next;
      successor = undefined;
      live(true);
    });
    next.addEventListener("feed", (message) => feed(JSON.parse(message.data)));
    next.addEventListener("pace", (message) => pace(JSON.parse(message.data)));
    next.addEventListener("error", () => live(false));
  };

  // As htmx asks: what a page does by itself is no use of the log-in. A token lives minutes, and no longer than the log-in: after that the stream ends, and what polls is sent to the log-in.
  const another = () => fetch(renew, { redirect: "error", headers: { "HX-Request": "true" } })
    .then((answer) => answer.json())
    .then((answer) => listen(answer.token), () => live(false));

  listen(known);
  setInterval(another, renewSeconds * 1000);
  return { ask: (query) => { asked = query; listen(known); } };
};

// By the clocks of the site; a browser that does not know its zone tells UTC, and says so.
window.segueClock = (zone) => {
  const clock = (timeZone) => new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
  try { return clock(zone); } catch { return { format: (at) => `${clock("UTC").format(at)} UTC` }; }
};

// @segment/analytics-next in a page of jsdom: asks for its settings first, then sends each message by itself, or all in batches when
// SEGUE_BATCHING is set. Prints the message ids that it sent.
import { JSDOM, ResourceLoader } from "jsdom";

const userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";
const origin = "http://shop.example";
const { window } = new JSDOM("<title>Kettle</title>", {
  url: `${origin}/p/K-1?utm_source=news&utm_medium=email`,
  referrer: "https://www.google.com/",
  resources: new ResourceLoader({ userAgent }),
  pretendToBeVisual: true,
});
Object.assign(globalThis, { window, document: window.document, localStorage: window.localStorage, location: window.location });
Object.defineProperty(globalThis, "navigator", { value: window.navigator, configurable: true });

// What a browser does by itself: it names the page's origin, and asks before it sends anything out of the ordinary.
const wire = globalThis.fetch;
const asked = new Map();
const preflight = async (url, headers) => {
  const answer = await wire(url, {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": Object.keys(headers).join(",") },
  });
  const allowed = (answer.headers.get("access-control-allow-headers") ?? "").toLowerCase().split(/\s*,\s*/);
  const refused = Object.keys(headers).filter((name) => !allowed.includes(name.toLowerCase()));
  if (!answer.ok || refused.length || answer.headers.get("access-control-allow-origin") !== origin) throw new TypeError(`preflight refused ${refused}`);
};
globalThis.fetch = window.fetch = async (url, options = {}) => {
  const headers = Object.fromEntries(new Headers(options.headers ?? {}));
  const simple = ["accept", "accept-language", "content-language"];
  const unusual = Object.fromEntries(Object.entries(headers).filter(([name, value]) => !simple.includes(name) && !(name === "content-type" && value.startsWith("text/plain"))));
  if (Object.keys(unusual).length) await preflight(url, unusual);
  const answer = await wire(url, { ...options, headers: { ...headers, origin, "user-agent": userAgent } });
  asked.set(new URL(url).pathname, answer.status);
  if (answer.headers.get("access-control-allow-origin") !== origin) throw new TypeError("the page may not read the answer");
  return answer;
};

const { AnalyticsBrowser } = await import("@segment/analytics-next");
const batching = process.env.SEGUE_BATCHING ? { deliveryStrategy: { strategy: "batching", config: { size: 3, timeout: 200 } } } : {};
const [analytics] = await AnalyticsBrowser.load(
  { writeKey: process.env.SEGUE_WRITE_KEY, cdnURL: process.env.SEGUE_HOST },
  { integrations: { "Segment.io": batching } },
);
const contexts = [
  await analytics.identify("user-1", { email: "anna@mail.example", plan: "gold", userHash: process.env.SEGUE_USER_HASH }),
  await analytics.page("Home"),
  await analytics.track("Product Viewed", { product_id: "K-1", price: 39.9 }),
  await analytics.screen("Start"),
  await analytics.group("acme", { employees: 7 }),
  await analytics.alias("user-2", "visitor-2"),
];
await new Promise((resolve) => setTimeout(resolve, 1500)); // batches leave by timer
console.log(JSON.stringify({ sent: contexts.map((context) => context.event.messageId), asked: Object.fromEntries(asked) }));
process.exit(0); // its timers would keep the process

// @openfeature/web-sdk with @openfeature/ofrep-web-provider, as their documentation uses them: the flags of each visitor, then those of one who
// looks at products while the page is open. Prints what it found.
import { EventSource } from "eventsource";
import { OpenFeature, ProviderEvents } from "@openfeature/web-sdk";

globalThis.EventSource = EventSource; // which browsers have
const { OFREPWebProvider } = await import("@openfeature/ofrep-web-provider");
const host = process.env.SEGUE_HOST;
const writeKey = process.env.SEGUE_WRITE_KEY;
const visitors = JSON.parse(process.env.SEGUE_VISITORS);
const client = OpenFeature.getClient();
const flags = () =>
  Object.fromEntries(
    ["hero", "side", "note"].map((key) => {
      const { value, variant, reason, flagMetadata } = client.getObjectDetails(key, {});
      return [key, { value, variant, reason, metadata: flagMetadata }];
    }),
  );

const provider = new OFREPWebProvider({ baseUrl: host, headers: [["X-API-Key", writeKey]], cacheMode: "disabled" });
await OpenFeature.setProviderAndWait(provider, { targetingKey: "nobody-yet" });
const found = {};
for (const { id, locale } of visitors) {
  await OpenFeature.setContext({ targetingKey: id, locale });
  found[id] = flags();
}

await OpenFeature.setContext({ targetingKey: "looker", locale: "en" });
const before = flags().side.variant;
const changed = new Promise((done) => client.addHandler(ProviderEvents.ConfigurationChanged, () => flags().side.variant !== before && done()));
const view = (number) => ({ type: "track", messageId: `look-${number}`, anonymousId: "looker", event: "Product Viewed", properties: { product_id: `K-${number}`, price: 10 } });
await fetch(`${host}/v1/batch`, { method: "POST", body: JSON.stringify({ writeKey, batch: [view(1), view(2)] }) });
await changed;
const missing = client.getObjectDetails("no-such-flag", { mine: true });
const wrong = client.getBooleanDetails("hero", true);
const told = { found, before, after: flags().side.variant, missing: [missing.errorCode, missing.value], wrong: [wrong.errorCode, wrong.value] };
process.stdout.write(`${JSON.stringify(told)}\n`, () => process.exit(0)); // the stream would keep the process

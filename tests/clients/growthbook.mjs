// @growthbook/growthbook, as its documentation uses it: evaluated by Segue, evaluated by itself, and told of a release. Prints what it found.
import { EventSource } from "eventsource";
import { GrowthBook, setPolyfills } from "@growthbook/growthbook";

setPolyfills({ EventSource }); // which browsers have
const apiHost = process.env.SEGUE_HOST;
const writeKey = process.env.SEGUE_WRITE_KEY;
const secretKey = process.env.SEGUE_SECRET_KEY;
const visitors = JSON.parse(process.env.SEGUE_VISITORS);
const placements = ["hero", "side", "note"];
const flags = (growthbook) => Object.fromEntries(placements.map((key) => [key, growthbook.evalFeature(key).value]));

const byUs = {};
const byItself = {};
const viewed = {};
for (const { id, locale } of visitors) {
  const trackingCallback = (experiment, result) => (viewed[id] = [experiment.key, result.key]);
  const remote = new GrowthBook({ apiHost, clientKey: writeKey, remoteEval: true, attributes: { id, locale }, trackingCallback });
  await remote.init({ timeout: 5000 });
  byUs[id] = flags(remote);
  remote.destroy();

  const body = JSON.stringify({ attributes: { id, locale } });
  const { attributes } = await (await fetch(`${apiHost}/api/attributes/${secretKey}`, { method: "POST", body })).json();
  const local = new GrowthBook({ apiHost, clientKey: secretKey, attributes });
  await local.init({ timeout: 5000 });
  byItself[id] = flags(local);
  local.destroy();
}

const page = new GrowthBook({ apiHost, clientKey: writeKey, attributes: { context: { language: "de" } } });
await page.init({ timeout: 5000, streaming: true });
const inThePage = flags(page);
const before = page.evalFeature("note").value.fields.headline;
const changed = new Promise((done) => page.setRenderer(() => page.evalFeature("note").value.fields.headline !== before && done()));
console.log(JSON.stringify({ byUs, byItself, viewed, inThePage, before }));
await changed;
console.log(JSON.stringify({ after: page.evalFeature("note").value.fields.headline }));
process.exit(0); // the stream would keep the process

// @rudderstack/rudder-sdk-node, as its documentation uses it. Prints the message ids that it sent.
import RudderAnalytics from "@rudderstack/rudder-sdk-node";

const analytics = new RudderAnalytics(process.env.SEGUE_SECRET_KEY, { dataPlaneUrl: process.env.SEGUE_HOST, flushAt: 4, flushInterval: 50 });
const sent = [];
const failed = [];
const id = (name) => sent[sent.push(`rudder-node-${name}`) - 1];
let answered = 0;
const told = (error) => {
  answered += 1;
  if (error) failed.push(String(error));
};

analytics.identify({ userId: "user-1", traits: { email: "anna@mail.example", plan: "gold" }, messageId: id("identify") }, told);
analytics.track({ userId: "user-1", event: "Product Viewed", properties: { product_id: "K-1", price: 39.9 }, messageId: id("track") }, told);
analytics.page({ anonymousId: "visitor-1", name: "Home", properties: { url: "https://shop.example/" }, messageId: id("page") }, told);
analytics.screen({ userId: "user-1", name: "Start", messageId: id("screen") }, told);
analytics.group({ userId: "user-1", groupId: "acme", traits: { employees: 7 }, messageId: id("group") }, told);
analytics.alias({ previousId: "visitor-2", userId: "user-2", messageId: id("alias") }, told);
for (let tries = 0; answered < sent.length && tries < 100; tries += 1) {
  await analytics.flush(); // one that is on its way already counts as done
  await new Promise((resolve) => setTimeout(resolve, 50));
}
console.log(JSON.stringify({ sent, failed }));
process.exit(0); // its timers would keep the process

// @segment/analytics-node, as its documentation uses it. Prints the message ids that it sent.
import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: process.env.SEGUE_SECRET_KEY, host: process.env.SEGUE_HOST, flushAt: 3, flushInterval: 50 });
const sent = [];
const failed = [];
analytics.on("http_response", ({ status }) => status >= 400 && failed.push(status));
analytics.on("error", (error) => failed.push(String(error.reason ?? error)));

const id = (name) => sent[sent.push(`node-${name}`) - 1];
analytics.identify({ userId: "user-1", anonymousId: "visitor-1", traits: { email: "anna@mail.example", plan: "gold" }, messageId: id("identify") });
analytics.track({ userId: "user-1", event: "Product Viewed", properties: { product_id: "K-1", price: 39.9 }, messageId: id("track") });
analytics.page({ anonymousId: "visitor-1", name: "Home", properties: { url: "https://shop.example/" }, messageId: id("page") });
analytics.screen({ userId: "user-1", name: "Start", messageId: id("screen") });
analytics.group({ userId: "user-1", groupId: "acme", traits: { employees: 7 }, messageId: id("group") });
analytics.alias({ previousId: "visitor-2", userId: "user-2", messageId: id("alias") });
await analytics.closeAndFlush();
console.log(JSON.stringify({ sent, failed }));

"""Requests as a page sends them to the edge: questions, with what they carry, and batches."""

import msgspec

from tracking.decision import decode_decisions
from tracking.event import Entry

KEY, SECRET = "wk_edge", "wsk_edge"  # of the site that these tests ask

# Headers for which a preflight asks, by who wants to send them.
ASKED = {
    "our tracker": "content-type,dnt,sec-gpc,x-request-id,x-write-key",
    "analytics-next": "authorization,content-type,x-retry-count",
    "RudderStack": "anonymousid,authorization,content-type,sentat",
    "PostHog": "content-type,x-posthog-distinct-id,x-posthog-session-id,x-posthog-window-id",
    "a compressed body": "content-encoding,content-type",
    "OpenTelemetry": "baggage,content-type,traceparent,tracestate",
    "Sentry": "baggage,content-type,sentry-trace",
    "Datadog": "content-type,x-datadog-origin,x-datadog-parent-id,x-datadog-sampling-priority,x-datadog-trace-id",
    "Zipkin": "b3,content-type,x-b3-parentspanid,x-b3-sampled,x-b3-spanid,x-b3-traceid",
    "New Relic": "content-type,newrelic,traceparent,tracestate",
    "Jaeger": "content-type,uber-trace-id",
    "Application Insights": "content-type,request-context,request-id,traceparent",
    "Elastic": "content-type,elastic-apm-traceparent,traceparent,tracestate",
    "AWS X-Ray, Google Cloud": "content-type,x-amzn-trace-id,x-cloud-trace-context",
}


def question(**changed):
    return {
        "writeKey": KEY,
        "anonymousId": "a1",
        "placements": ["hero"],
        "context": {"page": {"url": "https://shop.example/p/1"}},
    } | changed


def viewed(message_id, **properties):
    properties = {"product_id": message_id, "price": 10, "page_id": message_id} | properties
    return {
        "type": "track",
        "messageId": message_id,
        "anonymousId": "a1",
        "event": "Product Viewed",
        "properties": properties,
    }


def page(message_id):
    return {
        "type": "page",
        "messageId": f"page-{message_id}",
        "anonymousId": "a1",
        "properties": {"page_id": message_id},
    }


def batch(*messages):
    return {"writeKey": KEY, "batch": list(messages)}


def logged(store):
    events, decisions = [], []
    for key in store.scan_iter("segue:*:log"):
        for _, fields in store.xrange(key):
            if b"e" in fields:
                events += msgspec.json.decode(fields[b"e"], type=Entry).events
            else:
                decisions += decode_decisions(fields[b"d"])
    return events, decisions

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.formats import segment
from tracking.formats.segment import Decoded, Fault, decode
from tracking.reasons import Reason

PAGE = {"type": "page", "anonymousId": "a"}
FILES = ("context-track", "enqueue-alias", "enqueue-group", "enqueue-identify", "enqueue-page", "enqueue-screen", "enqueue-track")
FILES += ("integrations-track", "interval-track", "many-track", "messageid-track", "timestamp-track")


def batch(*messages, **envelope) -> bytes:
    return json.dumps({"batch": list(messages), **envelope}).encode()


def one(message: dict, kind: str = "batch"):
    decoded = decode("batch", batch(message)) if kind == "batch" else decode(kind, json.dumps(message).encode())
    assert isinstance(decoded, Decoded), decoded
    return decoded


@pytest.mark.parametrize("name", FILES)
def test_accepts_what_the_official_go_client_sends(shared_dir, name):
    body = (shared_dir / f"conformance/segment/test-{name}.json").read_bytes()
    sent = json.loads(body)["batch"]

    decoded = decode("batch", body)

    assert decoded.faults == []
    assert [message.type for _, message in decoded.messages] == [message["type"] for message in sent]


def test_explicit_nulls_count_as_absent():
    nulls = dict.fromkeys(("userId", "event", "properties", "traits", "context", "timestamp", "messageId", "integrations"))

    decoded = one(nulls | PAGE)

    assert decoded.faults == [] and decoded.messages[0][1].properties is None


def test_the_address_names_the_type_of_a_single_message():
    decoded = one({"type": "page", "event": "Order Completed", "userId": 17, "sentAt": "2026-03-01T10:00:00Z", "writeKey": "k"}, kind="track")

    assert (decoded.messages[0][1].type, decoded.write_key, decoded.sent_at) == ("track", "k", "2026-03-01T10:00:00Z")


def test_unknown_fields_are_ignored():
    assert one(PAGE | {"projectId": {"deep": [1]}, "_metadata": 5, "context": {"active": True, "screen": {"width": 3}}}).faults == []


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"type": "page"}, "anonymousId"),
        ({"type": "page", "anonymousId": ""}, "anonymousId"),
        ({"anonymousId": "a"}, "type"),
        ({"type": "engagement", "anonymousId": "a"}, "type"),
        ({"type": "track", "anonymousId": "a"}, "event"),
        ({"type": "track", "anonymousId": "a", "event": 5}, "event"),
        ({"type": "track", "anonymousId": "a", "event": "e" * 201}, "event"),
        ({"type": "group", "anonymousId": "a"}, "groupId"),
        ({"type": "alias", "userId": "u"}, "previousId"),
        (PAGE | {"properties": []}, "properties"),
        (PAGE | {"properties": "x"}, "properties"),
        (PAGE | {"traits": 5}, "traits"),
        (PAGE | {"messageId": "m" * 101}, "messageId"),
        (PAGE | {"userId": {"id": 5}}, "userId"),
        (PAGE | {"userId": "u" * 257}, "userId"),
        (PAGE | {"context": {"page": {"url": 5}}}, "context.page.url"),
        (PAGE | {"context": {"consent": {"categoryPreferences": {"analytics": "yes"}}}}, "context.consent.categoryPreferences[...]"),
        (PAGE | {"properties": {"k" * 129: 1}}, "properties"),
        (PAGE | {"properties": {f"p{n}": n for n in range(257)}}, "properties"),
        (PAGE | {"timestamp": {}}, "timestamp"),
    ],
)
def test_a_fault_names_the_field_with_its_path(message, field):
    decoded = decode("batch", batch(PAGE, message))

    assert [index for index, _ in decoded.messages] == [0]
    assert [(fault.reason, fault.index, fault.field) for fault in decoded.faults] == [(Reason.INVALID, 1, f"batch[1].{field}")]


def test_nesting_is_accepted_to_eight_levels():
    value: object = 1
    for _ in range(segment.MAX_DEPTH - 1):
        value = {"x": value}

    assert one(PAGE | {"properties": {"x": value}}).faults == []
    assert decode("batch", batch(PAGE | {"properties": {"x": {"x": value}}})).faults[0].field.startswith("batch[0].properties")


@pytest.mark.parametrize(
    ("body", "reason", "field"),
    [
        (b"", Reason.MALFORMED, ""),
        (b"{", Reason.MALFORMED, ""),
        (b"not json", Reason.MALFORMED, ""),
        (b"\x00\xff", Reason.MALFORMED, ""),
        (b"[" * 100_000, Reason.MALFORMED, ""),
        (b'{"batch":' + b"[" * 100_000, Reason.MALFORMED, ""),
        (b"[]", Reason.INVALID, ""),
        (b"5", Reason.INVALID, ""),
        (b"{}", Reason.INVALID, "batch"),
        (b'{"batch":{}}', Reason.INVALID, "batch"),
        (b'{"batch":[],"context":5}', Reason.INVALID, "context"),
    ],
)
def test_a_body_that_is_no_batch_is_refused_whole(body, reason, field):
    fault = decode("batch", body)

    assert isinstance(fault, Fault)
    assert (fault.reason, fault.field) == (reason, field)


def test_a_batch_of_too_many_messages_is_refused():
    assert decode("batch", batch(*[PAGE] * 2501)).reason == Reason.TOO_BIG


def test_a_message_that_is_too_big_costs_only_itself():
    decoded = decode("batch", batch(PAGE, PAGE | {"properties": {f"p{n}": "x" * 8000 for n in range(5)}}, PAGE))

    assert [index for index, _ in decoded.messages] == [0, 2]
    assert [(fault.reason, fault.field) for fault in decoded.faults] == [(Reason.TOO_BIG, "batch[1]")]


def test_mends_what_json_allows_and_a_database_does_not():
    properties = rb'{"n":NaN,"i":-Infinity,"h":1e999,"b":123456789012345678901,"s":"\ud800x"}'
    raw = rb'{"batch":[{"type":"track","event":"a\u0000b","anonymousId":"a","properties":%b}]}' % properties

    message = decode("batch", raw).messages[0][1]

    assert message.event == "a�b"
    assert message.properties == {"n": None, "i": None, "h": None, "b": 1.2345678901234568e20, "s": "�x"}


def test_mends_bytes_that_are_not_utf_8():
    decoded = decode("batch", b'{"batch":[{"type":"page","anonymousId":"a","name":"caf\xe9"}]}')

    assert decoded.messages[0][1].name == "caf�"


def test_keeps_pairs_of_surrogates_whole():
    assert decode("batch", rb'{"batch":[{"type":"page","anonymousId":"a","name":"\ud83d\ude00"}]}').messages[0][1].name == "😀"


def test_cuts_long_text():
    assert len(one(PAGE | {"properties": {"x": "y" * 10_000}}).messages[0][1].properties["x"]) == segment.MAX_TEXT


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.lists(st.dictionaries(st.sampled_from([*segment.Message.__struct_encode_fields__, "extra"]), VALUES), max_size=4))
def test_each_message_is_either_taken_or_named_as_faulty(messages):
    body = json.dumps({"batch": messages}).encode("utf-8", "surrogatepass")

    decoded = decode("batch", body)

    assert isinstance(decoded, Decoded)
    assert sorted([index for index, _ in decoded.messages] + [fault.index for fault in decoded.faults]) == list(range(len(messages)))
    for _, message in decoded.messages:
        assert _storable(message.properties)


def _storable(value) -> bool:
    if isinstance(value, dict):
        return all(_storable(name) and _storable(item) for name, item in value.items())
    if isinstance(value, list):
        return all(map(_storable, value))
    if isinstance(value, str):
        return "\0" not in value and value.encode() is not None
    return not isinstance(value, float) or math.isfinite(value)


@given(st.binary(max_size=300))
def test_never_raises_on_any_bytes(body):
    for kind in ("batch", "track"):
        assert isinstance(decode(kind, body), Decoded | Fault)


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES, max_size=3))
def test_the_fast_and_the_careful_way_agree(properties):
    body = batch(PAGE | {"properties": properties})

    assert decode("batch", body) == segment._decode_carefully(body)

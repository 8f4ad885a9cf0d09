import json
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.formats import segment
from tracking.formats.segment import Decoded, Fault, decode
from tracking.reasons import Reason

PAGE = {"type": "page", "anonymousId": "a"}
FILES = (
    "context-track",
    "enqueue-alias",
    "enqueue-group",
    "enqueue-identify",
    "enqueue-page",
    "enqueue-screen",
    "enqueue-track",
)
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
    nulls = dict.fromkeys(
        ("userId", "event", "properties", "traits", "context", "timestamp", "messageId", "integrations")
    )

    decoded = one(nulls | PAGE)

    assert decoded.faults == [] and decoded.messages[0][1].properties is None


def test_the_address_names_the_type_of_a_single_message():
    decoded = one(
        {"type": "page", "event": "Order Completed", "userId": 17, "sentAt": "2026-03-01T10:00:00Z", "writeKey": "k"},
        kind="track",
    )

    assert (decoded.messages[0][1].type, decoded.write_key, decoded.sent_at) == ("track", "k", "2026-03-01T10:00:00Z")


def test_unknown_fields_are_ignored():
    assert (
        one(
            PAGE | {"projectId": {"deep": [1]}, "_metadata": 5, "context": {"active": True, "screen": {"width": 3}}}
        ).faults
        == []
    )


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
        (PAGE | {"userId": {"id": 5}}, "userId"),
        (PAGE | {"userId": "u" * 257}, "userId"),
    ],
)
def test_a_fault_names_the_field_with_its_path(message, field):
    decoded = decode("batch", batch(PAGE, message))

    assert [index for index, _ in decoded.messages] == [0]
    assert [(fault.reason, fault.index, fault.field) for fault in decoded.faults] == [(Reason.INVALID, 1, field)]
    assert [fault.place("batch") for fault in decoded.faults] == [f"batch[1].{field}"]


def test_nesting_is_accepted_to_eight_levels():
    value: object = 1
    for _ in range(segment.MAX_DEPTH - 1):
        value = {"x": value}

    assert one(PAGE | {"properties": {"x": value}}).faults == []
    deeper = one(PAGE | {"properties": {"x": {"x": value}, "y": 1}})
    assert (deeper.faults, deeper.messages[0][1].properties) == ([], {"y": 1})


ORDER = {"type": "track", "anonymousId": "a", "event": "Order Completed", "messageId": "m"}


@pytest.mark.parametrize(
    ("sent", "kept", "lost"),
    [
        ({"properties": []}, {"properties": {}}, 0),  # PHP's empty object
        ({"properties": "x"}, {"properties": None}, 1),
        ({"properties": {"total": 5, "k" * 129: 1}}, {"properties": {"total": 5}}, 1),
        ({"properties": {f"p{n}": n for n in range(260)}}, {"properties": {f"p{n}": n for n in range(256)}}, 4),
        ({"traits": 5, "properties": {"total": 5}}, {"traits": None, "properties": {"total": 5}}, 1),
        ({"context": []}, {"context": {}}, 0),
        ({"context": {"campaign": [], "locale": "de"}}, {"context": {"campaign": {}, "locale": "de"}}, 0),
        (
            {"context": {"page": {"url": "https://shop.example/404", "title": 404}}},
            {"context": {"page": {"url": "https://shop.example/404", "title": "404"}}},
            0,
        ),
        ({"context": {"page": {"url": ["x"], "title": "T"}}}, {"context": {"page": {"title": "T"}}}, 1),
        ({"context": {"page": "https://shop.example/"}}, {"context": {}}, 1),
        ({"context": {"device": 5, "os": {"name": "iOS"}}}, {"context": {"os": {"name": "iOS"}}}, 1),
        ({"category": {}, "name": True}, {"category": None, "name": None}, 2),
        ({"timestamp": {}}, {"timestamp": None}, 1),
        ({"sentAt": [1]}, {"sentAt": None}, 1),
        ({"userHash": 5}, {"userHash": "5"}, 0),
    ],
)
def test_an_optional_part_of_the_wrong_kind_is_left_out_and_the_event_kept(sent, kept, lost):
    """ingest-optional-part-refuses-event-1, -2, -3"""
    decoded = decode("batch", batch(PAGE, ORDER | sent))

    (_, first), (_, message) = decoded.messages
    assert (decoded.faults, first.type, message.event) == ([], "page", "Order Completed")
    wanted = msgspec.convert(ORDER | kept, segment.Message)
    assert message == wanted
    assert decoded.left_out[Reason.UNREADABLE_PART] == lost


@pytest.mark.parametrize("context", [5, "x", True, {"page": 5}])
def test_what_is_wrong_for_all_messages_costs_none_of_them(context):
    decoded = decode(
        "batch", json.dumps({"batch": [ORDER, ORDER], "context": context, "sentAt": {}, "writeKey": 7}).encode()
    )

    assert (len(decoded.messages), decoded.faults, decoded.sent_at, decoded.write_key) == (2, [], None, "7")


@pytest.mark.parametrize(
    "consent",
    [
        5,
        "no",
        [1],
        {"categoryPreferences": 5},
        {"categoryPreferences": [False]},
        {"categoryPreferences": {f"c{n}": True for n in range(65)}},
    ],
)
def test_consent_that_cannot_be_read_is_none(consent):
    (_, message) = decode("batch", batch(ORDER | {"context": {"consent": consent}})).messages[0]

    assert message.context.consent.category_preferences == {"analytics": False}


def test_a_message_id_of_the_wrong_kind_is_the_same_one_each_time():
    ids = [
        decode("batch", batch(ORDER | {"messageId": given})).messages[0][1].message_id
        for given in ("m" * 101, "m" * 101, {"a": 1}, 1.5)
    ]

    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    assert all(len(one) == 32 for one in ids)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        *(
            (given, Reason.PLACEHOLDER_ID)
            for given in ("undefined", "null", " ", "[object Object]", "{{ message.id }}", "${id}", "%%ID%%")
        ),
        *(
            (given, Reason.UNREADABLE_PART)
            for given in ({}, [], True, [None], {"id": None}, {"id": {"$oid": "undefined"}})
        ),
    ],
    ids=str,
)
def test_a_message_id_that_stands_for_none_makes_no_message_the_repeat_of_another(given, reason):
    """Found by `make study`: they were acknowledged, and of all that a broken program sent the first alone was
    stored."""
    decoded = decode("batch", batch(ORDER | {"messageId": given}, ORDER | {"messageId": given, "anonymousId": "b"}))

    assert [message.message_id for _, message in decoded.messages] == [None, None]
    assert decoded.left_out == {reason: 2}


@pytest.mark.parametrize("given", [0, "0", -1])
def test_messages_may_be_numbered_from_any_number(given):
    """Rows of a table that is sent again must be repeats of themselves."""
    decoded = decode("batch", batch(ORDER | {"messageId": given}))

    assert (decoded.messages[0][1].message_id, +decoded.left_out) == (given, {})


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
    assert [(fault.reason, fault.place("batch")) for fault in decoded.faults] == [(Reason.TOO_BIG, "batch[1]")]


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
    assert (
        decode("batch", rb'{"batch":[{"type":"page","anonymousId":"a","name":"\ud83d\ude00"}]}').messages[0][1].name
        == "😀"
    )


def test_cuts_long_text():
    assert len(one(PAGE | {"properties": {"x": "y" * 10_000}}).messages[0][1].properties["x"]) == segment.MAX_TEXT


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(
    st.lists(st.dictionaries(st.sampled_from([*segment.Message.__struct_encode_fields__, "extra"]), VALUES), max_size=4)
)
def test_each_message_is_either_taken_or_named_as_faulty(messages):
    body = json.dumps({"batch": messages}).encode("utf-8", "surrogatepass")

    decoded = decode("batch", body)

    assert isinstance(decoded, Decoded)
    assert sorted([index for index, _ in decoded.messages] + [fault.index for fault in decoded.faults]) == list(
        range(len(messages))
    )
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


CONTEXTS = [
    {},
    None,
    {"page": {"url": "https://shop.example/"}},
    {"page": {"url": "https://shop.example/"}, "locale": "de"},
    {"traits": {"a": 1}},
    {"traits": {"a": True}},
    {"page": {"url": ["no", "text"]}},
]


@given(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES, max_size=3),
    st.lists(st.sampled_from(CONTEXTS), min_size=1, max_size=6),
)
def test_the_fast_and_the_careful_way_agree(properties, contexts):
    body = batch(*(PAGE | {"properties": properties, "context": context} for context in contexts))

    assert _plain(decode("batch", body)) == _plain(segment._decode_carefully(body))


def _plain(decoded):
    messages = [(index, msgspec.structs.asdict(message)) for index, message in decoded.messages]
    return repr(messages), decoded._replace(messages=[])

"""What staff who watch are told of the log: the lines they asked for, and how much went by."""

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from campaigns.release import FrozenSegment
from personalization.edge.feed_rows import KINDS, Wanted, pace_of, rows_of_entry, wanted_of
from tests.personalization.edge.conftest import COOKIE, Listener, feed_token, go_live, source
from tests.questions import batch, page, question, viewed
from tracking.event import Entry, Event

events = st.lists(
    st.builds(
        Event,
        st.just("m"),
        st.sampled_from(["page", "track", "engagement"]),
        st.sampled_from(["", "Click", "Order Completed", "Product Viewed"]),
        st.integers(1, 9),
        st.just(1),
        properties=st.dictionaries(st.sampled_from(["placement", "variant", "decision"]), st.one_of(st.text(), st.none(), st.integers())),
    )
)  # fmt: skip


@given(events, st.sampled_from(KINDS), st.sampled_from(["", "ord", "ORDER", "x"]))
def test_each_line_is_counted_and_told_to_whom_it_fits(found, kind, name):
    rows = rows_of_entry(Entry(1, "v", found))
    wanted = wanted_of({"kind": kind, "name": name})

    assert pace_of(rows)["events"] == len(found)
    assert pace_of(rows)["clicks"] == sum(one.name == "Click" for one in found)
    for row, one in zip(rows, found, strict=True):
        fits = kind in ("all", "events", one.type) and (kind == "events" or name.lower() in row["name"].lower())
        assert wanted.fits(row) == fits


def test_nonsense_is_as_if_nothing_was_asked_for():
    assert wanted_of({"kind": "weather", "name": " x" * 300}).kind == Wanted().kind


async def told(stream, name, enough):
    """What events of this name bring, until there is enough of it."""
    found = []
    while not enough(found):
        body = await stream.next()
        if body.startswith(f"event: {name}\n"):
            data = json.loads(body.split("data: ")[1])
            found += data if isinstance(data, list) else [data]
    return found


async def test_decisions_and_entered_segments_are_told(edge, store):
    lookers = FrozenSegment("lookers", "Looks at products", {"feature.products_viewed": {"$gte": 1}})
    go_live(store, msgspec.structs.replace(source({}), segments=[lookers]))
    await edge.application.state.snapshots.refresh()
    stream = Listener(edge, f"feed={feed_token(1)}&kind=all", cookie=COOKIE)
    await stream.start()

    await edge.post("/v1/batch", batch(page("m1"), viewed("m1")))
    await edge.post("/v1/decide", question())
    rows = await told(stream, "feed", lambda found: len(found) >= 3)
    await stream.close()

    by_kind = {row["kind"]: row for row in rows}
    assert (by_kind["decision"]["placement"], by_kind["decision"]["variant"]) == ("hero", "v1")
    assert [name for row in rows for name in row["entered"]] == ["Looks at products"]


async def test_only_what_was_asked_for_comes_and_all_is_counted(edge):
    stream = Listener(edge, f"feed={feed_token(1)}&kind=track&name=PRODUCT", cookie=COOKIE)
    await stream.start()

    await edge.post("/v1/batch", batch(page("m1"), viewed("m1")))
    rows = await told(stream, "feed", bool)
    await edge.post("/v1/batch", batch(page("m2")))
    (pace,) = await told(stream, "pace", bool)
    await stream.close()

    assert {row["name"] for row in rows} == {"Product Viewed"}
    assert (pace["events"], pace["decisions"]) == (1, 0)

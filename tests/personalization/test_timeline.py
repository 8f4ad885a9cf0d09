from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from personalization.timeline import ATTENTION, DONE, SHOWN, lines_of, strips_of

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
THINGS = {"K1": SimpleNamespace(name="Enamel Kettle", image_url="/k1.svg")}


def told(second: int, name: str, /, type: str = "track", session: int = 1, **properties):
    at = START + timedelta(seconds=second)
    return SimpleNamespace(
        at=at, type=type, name=name, session=session, path="/p", title="A page", properties=properties
    )


def test_things_go_by_their_names_and_pictures():
    (line,) = lines_of([told(1, "Product Viewed", product_id="K1")], THINGS)

    assert (line.kind, line.words, line.about, line.picture) == (DONE, "Looked at", "Enamel Kettle", "/k1.svg")


def test_what_was_shown_in_a_row_is_one_line():
    (line,) = lines_of(
        [told(second, "Impression", "engagement", variant=variant) for second, variant in enumerate("aab")], {}
    )

    assert (line.kind, line.about, len(line.events)) == (SHOWN, "a; b", 3)


def test_creatives_go_by_their_names_and_those_that_are_gone_by_their_keys():
    events = [told(second, "Impression", "engagement", variant=key) for second, key in enumerate(["a", "gone"])]

    lines = lines_of([*events, told(3, "Click", "engagement", variant="a")], {}, {"a": "Cart reminder, hero"})

    assert [(line.words, line.about) for line in lines] == [
        ("Was shown", "Cart reminder, hero; gone"),
        ("Clicked on", "Cart reminder, hero"),
    ]


def test_reports_of_attention_are_folded_up_to_what_was_done_between():
    noise = [told(second, name) for second, name in enumerate(["Page Dwell", "Scroll Depth", "Pointer Activity"])]

    lines = lines_of([*noise, told(4, "Cart Viewed"), *noise], {})

    assert [(line.kind, len(line.events)) for line in lines] == [(ATTENTION, 3), (DONE, 1), (ATTENTION, 3)]


def test_a_page_view_of_the_moment_of_a_named_event_is_no_line_of_its_own():
    lines = lines_of([told(1, "", "page"), told(1, "Product Viewed", product_id="K1"), told(2, "", "page")], THINGS)

    assert [line.words for line in lines] == ["Looked at", "Opened a page"]


def test_what_another_site_tells_reads_as_it_is_told():
    lines = lines_of(
        [
            told(1, "Video Played"),
            told(2, "Products Searched", query="lamp"),
            told(3, "Order Completed", products=[{"name": "Lamp"}, "nonsense", {}]),
            told(4, "Product Viewed", product_id="gone", name="Old Lamp"),
            told(5, "Click", "engagement", placement="home-hero"),
        ],
        THINGS,
    )

    assert [(line.words, line.about) for line in lines] == [
        ("Video Played", ""),
        ("Searched for", "lamp"),
        ("Ordered", "Lamp"),
        ("Looked at", "Old Lamp"),
        ("Clicked on", "home-hero"),
    ]


NAMES = st.sampled_from(["Page Dwell", "Impression", "Product Viewed", "", "Video Played"])


@given(st.lists(st.tuples(NAMES, st.integers(0, 3), st.integers(1, 2)), max_size=30))
def test_no_event_but_a_page_view_is_left_out_and_order_stays(rows):
    types = {"Impression": "engagement", "": "page"}
    events = [told(at, name, types.get(name, "track"), session) for name, at, session in rows]

    lines = lines_of(events, THINGS)

    kept = [id(event) for line in lines for event in line.events]
    assert kept == [id(event) for event in events if id(event) in set(kept)]
    assert all(event.type == "page" for event in events if id(event) not in set(kept))
    assert all(len({event.session for event in line.events}) == 1 for line in lines)


def test_a_strip_shows_each_thing_of_a_session_once():
    events = [told(at, "Product Viewed", session=at // 2, product_id="K1") for at in range(4)]

    assert strips_of([*events, told(9, "Product Viewed", product_id="gone")], THINGS) == {
        0: [THINGS["K1"]],
        1: [THINGS["K1"]],
    }

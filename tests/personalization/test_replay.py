"""A recording goes through the real pipeline, keeps its own time, and adds nothing when it is replayed again."""

import gzip
import io
import json
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from pyarrow import parquet

from sites.models import Site
from tests.replaying import replay
from tracking.models import DropCount, Event, Referral, Session, Visitor

pytestmark = pytest.mark.usefixtures("transactional_db", "redis_client")

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
LOG = f"""\
10.0.0.1 - - [17/May/2015:10:05:03 +0200] "GET /blog/?utm_source=news HTTP/1.1" 200 203 "http://www.google.com/search?q=x" "{CHROME}"
10.0.0.1 - - [17/May/2015:10:05:09 +0200] "GET /style.css HTTP/1.1" 200 203 "-" "{CHROME}"
10.0.0.1 - - [17/May/2015:10:06:00 +0200] "GET /about HTTP/1.1" 304 - "http://shop.example/blog/" "{CHROME}"
10.0.0.2 - - [17/May/2015:10:06:00 +0200] "POST /about HTTP/1.1" 200 5 "-" "{CHROME}"
10.0.0.2 - - [17/May/2015:10:06:00 +0200] "GET /gone HTTP/1.1" 404 5 "-" "{CHROME}"
10.0.0.3 - - [17/May/2015:10:06:00 +0200] "GET /robots HTTP/1.1" 200 5 "-" "{GOOGLEBOT}"
nonsense
"""


def counts(report: str) -> dict[str, int]:
    lines = [line.split() for line in report.splitlines()]
    return {
        words[0]: int(words[1].replace(",", ""))
        for words in lines
        if words[0] in ("read", "accepted", "known", "dropped", "skipped")
    }


def test_an_access_log_becomes_page_views_of_its_own_time(tmp_path, site):
    file = tmp_path / "access.log.gz"
    file.write_bytes(gzip.compress(LOG.encode()))

    report = replay(file, "access-log", site=site.write_key)

    assert counts(report) == {"read": 7, "accepted": 2, "known": 0, "dropped": 1, "skipped": 4}
    first, second = Event.objects.order_by("seq")
    assert (first.type, first.path, first.at, first.received_at) == (
        "page",
        "/blog/",
        *[datetime(2015, 5, 17, 8, 5, 3, tzinfo=UTC)] * 2,
    )
    assert first.referral["source"]
    assert (second.path, second.referral) == ("/about", None)
    assert Session.objects.get().pages == 2
    assert Referral.objects.count() == 1


def test_what_is_dropped_counts_for_the_site_in_the_hour_of_the_recording(tmp_path, site):
    file = tmp_path / "access.log"
    file.write_text(LOG)

    replay(file, "access-log", site=site.write_key)

    row = DropCount.objects.get()
    assert (row.site, row.reason, row.count, row.hour) == (
        site,
        "bot_declared",
        1,
        datetime(2015, 5, 17, 8, tzinfo=UTC),
    )


def test_a_second_replay_adds_nothing(tmp_path, site):
    file = tmp_path / "access.log"
    file.write_text(LOG)
    replay(file, "access-log")

    report = replay(file, "access-log")

    assert counts(report)["accepted"] == 0
    assert counts(report)["known"] == 2
    assert Event.objects.count() == 2


def test_a_second_replay_adds_nothing_even_after_redis_was_emptied(tmp_path, site, redis_client):
    file = tmp_path / "access.log"
    file.write_text(LOG)
    replay(file, "access-log")
    redis_client.flushall()

    replay(file, "access-log")

    assert Event.objects.count() == 2
    assert Visitor.objects.get().events == 2


def test_segment_messages_keep_their_ids_and_times(tmp_path, site):
    file = tmp_path / "messages.jsonl"
    messages = [
        {
            "type": "track",
            "event": "Product Viewed",
            "messageId": "m1",
            "anonymousId": "a",
            "timestamp": "2024-05-31T23:59:59.999Z",
            "properties": {"product_id": "1"},
            "context": {"page": {"url": "https://shop.example/p/1"}},
        },
        {
            "type": "identify",
            "anonymousId": "a",
            "userId": "u",
            "timestamp": "2024-06-01T00:00:00Z",
            "sentAt": "2030-01-01T00:00:00Z",
        },  # a server's
        {"type": "track", "event": "No Time", "anonymousId": "a"},
    ]
    file.write_text("\n".join(map(json.dumps, messages)) + "\n{broken\n")

    report = replay(file, "segment-jsonl")

    assert counts(report) == {"read": 4, "accepted": 2, "known": 0, "dropped": 0, "skipped": 2}
    assert [(e.seq, e.session, e.at.isoformat()) for e in Event.objects.order_by("seq")] == [
        (1, 1, "2024-05-31T23:59:59.999000+00:00"),
        (2, 0, "2024-06-01T00:00:00+00:00"),
    ]
    assert Event.objects.get(seq=1).message_id == "m1"


@pytest.mark.parametrize(("name", "format"), [("x.parquet", "rees46"), ("x.log", "access-log")])
def test_a_file_of_another_format_is_refused(tmp_path, site, name, format):
    file = tmp_path / name
    file.write_text("something else entirely\n")

    with pytest.raises(CommandError, match=name):
        replay(file, format)


@pytest.mark.parametrize(
    ("rows", "orders"), [(2_000, 19), pytest.param(17_434, 214, marks=pytest.mark.study, id="whole")]
)
def test_the_rees46_file_is_stored_whole_and_once(shared_dir, site, tmp_path, rows, orders):
    whole = shared_dir / "data/clickstream/rees46_2019-10-01_0000-0250.parquet"
    if not whole.exists():
        pytest.skip(f"NO {whole}")
    file = tmp_path / "beginning.parquet"
    parquet.write_table(parquet.read_table(whole).slice(0, rows), file)

    first, second = replay(file, "rees46"), replay(file, "rees46")

    assert counts(first)["accepted"] == rows
    assert counts(second) == {"read": rows, "accepted": 0, "known": rows, "dropped": 0, "skipped": 0}
    assert Event.objects.count() == rows
    assert Event.objects.filter(name="Order Completed").count() == orders
    assert (
        sum(Visitor.objects.values_list("events", flat=True))
        == sum(Session.objects.values_list("events", flat=True))
        == rows
    )

    call_command("rebuild", check=True, stdout=(checked := io.StringIO()))  # raises when a profile differs
    assert checked.getvalue().split()[1].replace(",", "") == str(Visitor.objects.count())


def test_a_recording_gets_a_site_of_its_own_unless_one_is_named(tmp_path, site):
    file = tmp_path / "access.log"
    file.write_text(LOG)

    replay(file, "access-log", domain="shop.example")

    made = Site.objects.get(write_key="wk_access-log")
    assert made.domain == "shop.example"
    assert set(Event.objects.values_list("site_id", flat=True)) == {made.pk}


def test_a_domain_that_is_not_the_sites_is_refused(tmp_path, site):
    """Part 9(i): it was ignored once the site existed."""
    file = tmp_path / "access.log"
    file.write_text(LOG)
    replay(file, "access-log", domain="shop.example")

    for options in ({}, {"site": site.write_key}):
        with pytest.raises(CommandError, match="leave --domain out"):
            replay(file, "access-log", domain="other.example", **options)

    assert counts(replay(file, "access-log", domain="shop.example"))["known"] == 2


def test_the_report_tells_what_was_taken_for_what(tmp_path, site):
    file = tmp_path / "access.log"
    views = [LOG.splitlines()[0].replace("/blog/?utm_source=news", f"/blog/{number}") for number in range(60)]
    pictures = [
        LOG.splitlines()[1]
        .replace("/style.css", f"/picture-of/{number}")
        .replace('"-"', f'"https://shop.example/blog/{number}"')
        for number in range(60)
    ]
    file.write_text("\n".join(line for both in zip(views, pictures, strict=True) for line in both) + "\n")

    report = replay(file, "access-log")

    assert counts(report)["accepted"] == 60
    assert "taken for pages\n           60  /blog\n" in report
    assert "taken for what pages load\n           60  /picture-of  (part of the site without pages)\n" in report


def test_a_site_that_does_not_exist_is_told_with_those_that_do(tmp_path, site):
    file = tmp_path / "access.log"
    file.write_text(LOG)

    with pytest.raises(CommandError, match=site.write_key):
        replay(file, "access-log", site="wk_nobody")


@pytest.mark.parametrize("format", ["access-log", "rees46", "segment-jsonl"])
def test_a_file_of_another_format_is_refused_and_leaves_no_site_behind(tmp_path, db, format):
    file = tmp_path / "recording"
    file.write_text("neither this\nnor that\n")

    with pytest.raises(CommandError, match="recording"):
        replay(file, format)

    assert not Site.objects.exists()

import json
from pathlib import Path

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA, is_crawler

from benchmarks.bots import NAIVE, list_of, unlisted
from tracking.bots import Pace, is_declared_bot, is_sender

SAMPLE = json.loads((Path(__file__).parent.parent / "cases" / "user_agents.json").read_text())
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (X11) HeadlessChrome/126.0",
        "MyCrawler/1.0",
        "acme-spider",
    ],
)
def test_flags_what_calls_itself_a_bot(agent):
    assert is_declared_bot(agent)


def test_three_quarters_of_bots_that_no_list_has_are_found():
    bots = [agent for agent in SAMPLE["bots"] if not is_crawler(agent)]

    found = [agent for agent in bots if is_declared_bot(agent)]
    naive = [agent for agent in bots if NAIVE.search(agent)]

    assert len(found) >= 0.75 * len(bots), sorted(set(bots) - set(found))
    assert len(naive) < 0.5 * len(bots)


def test_crawlers_are_found_while_they_are_not_in_the_list_yet():
    everyone, found = unlisted(folds=[3])

    assert len(everyone) > 100
    assert len(found) >= 0.8 * len(everyone)


@pytest.mark.parametrize("agent", SAMPLE["people"])
def test_nobody_of_the_sample_is_taken_for_a_bot(agent):
    """ingest-people-taken-for-bots-1"""
    assert not is_declared_bot(agent)


def test_the_list_alone_takes_people_for_bots():
    assert [agent for agent in SAMPLE["people"] if is_crawler(agent)]
    assert not [agent for agent in SAMPLE["people"] if list_of(CRAWLER_USER_AGENTS_DATA)(agent)]


def test_flags_every_published_instance(shared_dir):
    crawlers = json.loads((shared_dir / "conformance/crawlers/crawler-user-agents.json").read_text())

    missed = [agent for crawler in crawlers for agent in crawler.get("instances", []) if not is_declared_bot(agent)]

    assert missed == []


def test_flags_no_firefox(shared_dir):
    cases = json.loads((shared_dir / "conformance/uap/firefox_user_agent_strings.json").read_text())["test_cases"]

    assert [case["user_agent_string"] for case in cases if is_declared_bot(case["user_agent_string"])] == []


def test_labelled_user_agents_recall_and_false_positives(shared_dir):
    import pyarrow.parquet as parquet

    rows = parquet.read_table(shared_dir / "data/bots/user_agents_labelled_dev.parquet").to_pylist()
    flagged = {True: [], False: []}
    for row in rows:
        flagged[row["is_bot"]].append(is_declared_bot(row["user_agent"]))

    assert sum(flagged[True]) / len(flagged[True]) >= 0.99
    assert sum(flagged[False]) / len(flagged[False]) <= 0.007


@pytest.mark.parametrize(
    "agent", ["", "analytics-python/2.4.0", "node-fetch/1.0", "python-requests/2.32", "okhttp/4.12", "curl/8.5"]
)
def test_software_that_sends_on_behalf_of_visitors_is_told_from_browsers(agent):
    assert is_sender(agent)
    assert not is_sender(FIREFOX)


def test_a_shops_own_software_is_a_sender_whatever_its_task():
    assert is_sender("acme-feed-export/2.1")
    assert is_sender("Order Monitor 3")


@pytest.mark.parametrize(
    "agent",
    [
        "Acme/412 CFNetwork/1568.100.1 Darwin/24.0.0",
        "ShopApp/3.2 (Android 14; Pixel 8)",
        "facebookexternalhit/1.1",
        "MyCrawler/1.0",
    ],
)
def test_apps_and_crawlers_are_no_senders(agent):
    assert not is_sender(agent)


def test_pace_flags_only_who_exceeds_the_limit_within_a_minute():
    pace = Pace(limit=3)

    assert [pace.is_too_fast("fast", at) for at in (0, 1, 2, 3)] == [False, False, False, True]
    assert [pace.is_too_fast("slow", at) for at in (0, 30_000, 60_000, 90_000)] == [False] * 4
    assert not pace.is_too_fast("fast", 60_001)


def test_pace_remembers_a_bounded_number_of_visitors():
    pace = Pace(limit=1, capacity=10)

    for number in range(1000):
        pace.is_too_fast(str(number), 0)

    assert len(pace._young) + len(pace._old) <= 20
    assert pace.is_too_fast("999", 0)

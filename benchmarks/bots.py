"""Bots that no list knows yet: how many are found, and how many people are taken for one?

`python -m benchmarks bots`. Of the bots that the public list names we find all, which says nothing about tomorrow's. So
a tenth of its crawlers at a time is looked for with the other nine tenths as the list: what is found then is what we
would find of a crawler before anybody has listed it.
"""

import json
import re
from collections.abc import Callable, Iterable

from crawleruseragents import CRAWLER_USER_AGENTS_DATA
from django.conf import settings

from benchmarks.measure import Row, cpu_us
from tracking.bots import is_declared_bot, looks_automatic, without_namesakes

FOLDS = 10
NAIVE = re.compile("bot|crawl|spider|slurp|http", re.IGNORECASE)

Detector = Callable[[str], bool]


def list_of(crawlers: list[dict]) -> Detector:
    pattern = re.compile("|".join(f"(?:{crawler['pattern']})" for crawler in crawlers))
    return lambda user_agent: pattern.search(without_namesakes(user_agent)) is not None


def unlisted(folds: Iterable[int] = range(FOLDS)) -> tuple[list[str], list[str]]:
    """User agents of crawlers while they are in no list: all, and those that are found."""
    everyone, found = [], []
    for fold in folds:
        rest = list_of([crawler for number, crawler in enumerate(CRAWLER_USER_AGENTS_DATA) if number % FOLDS != fold])
        user_agents = [
            user_agent for crawler in CRAWLER_USER_AGENTS_DATA[fold::FOLDS] for user_agent in crawler["instances"]
        ]
        everyone += user_agents
        found += [
            user_agent
            for user_agent in user_agents
            if rest(user_agent) or looks_automatic(without_namesakes(user_agent))
        ]
    return everyone, found


def people() -> list[str]:
    """User agents of devices and browsers, collected by others; empty where the shared data is absent."""
    devices = settings.SHARED_DIR / "data/bots/user_agents_labelled_dev.parquet"
    browsers = settings.SHARED_DIR / "conformance/uap/firefox_user_agent_strings.json"
    if not (devices.is_file() and browsers.is_file()):
        print(f"NO SHARED TEST DATA at {settings.SHARED_DIR}: nobody to mistake for a bot")
        return []
    from pyarrow import parquet

    labelled = [row["user_agent"] for row in parquet.read_table(devices).to_pylist() if not row["is_bot"]]
    return labelled + [case["user_agent_string"] for case in json.loads(browsers.read_text())["test_cases"]]


def share(detect: Detector, user_agents: list[str]) -> float:
    return sum(map(detect, user_agents)) / len(user_agents)


def run() -> list[Row]:
    everyone, found = unlisted()
    recall, naive = (
        100 * len(found) / len(everyone),
        100 * share(lambda user_agent: NAIVE.search(user_agent) is not None, everyone),
    )
    note = (
        f"{len(everyone):,} user agents of {len(CRAWLER_USER_AGENTS_DATA):,} crawlers, each looked for while its tenth"
        " was out of the list."
    )
    rows = [
        Row("bots in no list, found", recall, "%", "bot, crawl, spider, slurp, http", naive, recall, 75, 85, note=note)
    ]
    if someone := people():
        whole_list = list_of(CRAWLER_USER_AGENTS_DATA)
        taken, by_list = 100 * share(is_declared_bot, someone), 100 * share(whole_list, someone)
        note = f"{len(someone):,} user agents."
        rows.append(
            Row("people taken for bots", taken, "%", "the list alone", by_list, taken, 1.5, 0.7, lower=True, note=note)
        )
        looks = [
            lambda detect=detect: share(detect, someone[:2000]) for detect in (is_declared_bot.__wrapped__, whole_list)
        ]
        ours, lists = (cpu_us(look, 1, 3) / 2000 for look in looks)
        note = "Later looks are remembered."
        rows.append(
            Row(
                "first look at a user agent",
                ours,
                "us",
                "the list alone",
                lists,
                ours / lists,
                3,
                1.5,
                lower=True,
                note=note,
            )
        )
    return rows

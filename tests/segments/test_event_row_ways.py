"""An event row has one meaning, whoever is asked: the profile as it was folded live, by each evaluator and the index; the
stored events in SQL; the profile that is folded again from them. By way of the real store, log, consumer and recount."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from pprint import pformat
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

import pytest
from django.conf import settings
from django.db import connection
from redis import Redis as SyncRedis

from campaigns.index import Index
from personalization.redis import Redis
from segments import counting, event_sql, live, recounting
from segments.attributes import Attributes
from segments.conditions import compile_condition, matches
from segments.conditions.event_rows import PREFIX, faults_of, read
from segments.event_sql import Asked
from segments.profile import Profile
from segments.profiles import ProfileStore
from segments.rebuild import refold
from segments.tallies import Rows, number, since_of
from sites.models import Site
from tests import event_meaning
from tests.event_examples import BEGIN, Example, Told, fresh, make_example
from tests.factories import make_site
from tests.tracking.conftest import drain
from tracking import event_table
from tracking.consumer import Consumer
from tracking.event import Arrival, Event
from tracking.log.append import Appender
from tracking.log.streams import StreamReader

pytestmark = [pytest.mark.usefixtures("transactional_db", "redis_client")]
ROWS = 100  # of a site, and as many visitors
ASKED = 4  # visitors, of each row
CURRENCIES = ("EUR", "JPY", "EUR", "KWD", "EUR")
MOST_SHRINKS = 200

Answers = dict[str, object]  # by way: a number, or whether the condition holds


class Person(NamedTuple):
    """A history, and what is left of it."""

    history: Sequence[Told]
    visitor: str
    events: list[Event]  # each once
    now: int
    profile: Profile
    refolded: Profile


@pytest.mark.parametrize(
    "seed, sites",
    [(20, 5), pytest.param(random.randrange(2**32), 40, marks=[pytest.mark.study, pytest.mark.timeout(3_000)])],
)
def test_all_ways_say_what_the_row_means(seed, sites):
    rng, said, asked = random.Random(seed), set(), 0
    for place in range(sites):
        currency, late = CURRENCIES[place % len(CURRENCIES)], place % 2 == 1
        examples = [make_example(rng, currency, f"m{n}") for n in range(ROWS)]
        for example, answers in ask_all(examples, currency, late=late):
            if is_disputed(answers):
                pytest.fail(explain(*shrink(example, currency, late=late), f"seed {seed}, site {place}"))
            said.add(answers["meaning"])
            asked += 1
    assert asked > sites * ROWS * ASKED * 0.9 and len(said) > 25  # not all of nothing


# --- the ways ---------------------------------------------------------------------------------------


def ask_all(examples: Sequence[Example], currency: str, *, late: bool) -> list[tuple[Example, Answers]]:
    """What each way says of each row and the visitor of its own, and of some others. All are of one site. `late`: the rows come into
    use while half of the events are told, so profiles are counted by a worker."""
    assert not [fault for example in examples for fault in faults_of(example.argument)]
    site = make_site(write_key=f"wk_{Site.objects.count()}", time_zone="Europe/Berlin", currency=currency)
    rows = Rows(read(example.argument).row for example in examples)
    tell_all(site, examples, rows, late=late)
    refolded = dict(refold(event_table.read(), lambda _: rows))
    people = [find(site, place, example, refolded) for place, example in enumerate(examples)]
    answers = []
    for place, example in enumerate(examples):
        others = [people[(place + n) % len(people)] for n in range(min(ASKED, len(people)))]
        asked = [person for person in others if person is not None]
        said = ask(example.argument, asked)
        answers += [(example._replace(history=person.history), each) for person, each in zip(asked, said, strict=True)]
    return answers


def tell_all(site: Site, examples: Sequence[Example], rows: Rows, *, late: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE tracking_event")
    histories = [example.history for example in examples]
    halves = [len(history) // 2 if late else 0 for history in histories]
    if late:
        asyncio.run(tell(site, [history[:half] for history, half in zip(histories, halves, strict=True)], Rows()))
        store()
    counting.use(site, rows.by_key.values())
    asyncio.run(tell(site, [history[half:] for history, half in zip(histories, halves, strict=True)], rows))
    store()
    assert not late or recounting.run(site.pk, 60)


async def tell(site: Site, histories: Sequence[Sequence[Told]], rows: Rows) -> None:
    redis = Redis(settings.REDIS_URL)
    await redis.start()
    appender = Appender(redis.call, settings.LOG_PARTITIONS, state_ttl=10_000, seen_ttl=10_000)
    profiles = ProfileStore(appender, rows_of=lambda _: rows)

    async def live_through(place: int, history: Sequence[Told]) -> None:
        for told in history:
            user = visitor(site, place, 2) if told.is_known else ""
            await profiles.record(Arrival(site.pk, visitor(site, place, told.device), user, fresh(told.events, user)))

    await asyncio.gather(*(live_through(place, history) for place, history in enumerate(histories)))
    redis.stop()


def store() -> None:
    with SyncRedis.from_url(settings.REDIS_URL) as client:
        consumer = Consumer(StreamReader(client), range(settings.LOG_PARTITIONS))
        drain(consumer)
        consumer.claims.release()


def visitor(site: Site, place: int, device: int) -> str:
    return uuid5(NAMESPACE_URL, f"{site.pk} {place} {device}").hex


def find(site: Site, place: int, example: Example, refolded: dict[str, Profile]) -> Person | None:
    """The devices that named their owner are one person's, from the beginning; else the first one is asked about. Of a message that
    is told again the first counts."""
    devices = {told.device for told in example.history if told.is_known} or {0}
    once: dict[str, Event] = {}
    for told in example.history:
        for event in told.events if told.device in devices else ():
            once.setdefault(event.message_id, event)
    if not once:
        return None
    who, profile = live.load(visitor(site, place, min(devices)))
    now = max(event.at for event in once.values()) + example.waited
    return Person(example.history, who, list(once.values()), now, profile, refolded[who])


def ask(argument: dict, people: Sequence[Person]) -> Iterator[Answers]:
    question, condition = read(argument), {"$did": argument}
    row, attribute = question.row, question.attribute
    compiled, denied = compile_condition(condition), compile_condition({"$not": condition})
    index = Index.from_bytes(Index.build([condition, {"$not": condition}]).to_bytes())
    asked = [Asked(person.visitor, since_of(row, person.profile, person.now)) for person in people]
    for person, in_sql in zip(people, event_sql.numbers(row, asked), strict=True):
        events, now, profile = person.events, person.now, person.profile
        meant, end = event_meaning.number(argument, events, now), attribute.removeprefix(PREFIX)
        if row.measure == "count":
            meant = min(meant, row.keep)  # no more is remembered than the row's number needs
        estimated = Attributes(profile, now)
        estimated[attribute] = in_sql
        found = index.match(Attributes(profile, now))
        yield {
            "meaning": meant,
            "live": number(profile, end, now),
            "folded again": number(person.refolded, end, now),
            "SQL": in_sql,
            "meaning holds": event_meaning.holds(argument, events, now),
            "matches": matches(condition, Attributes(profile, now)),
            "matches, denied": not matches({"$not": condition}, Attributes(profile, now)),
            "matches, of SQL": matches(condition, estimated),
            "compiled": compiled(Attributes(profile, now)),
            "compiled, denied": not denied(Attributes(profile, now)),
            "compiled, folded again": compiled(Attributes(person.refolded, now)),
            "index": bool(found & 1),
            "index, denied": not found & 2,
        }


# --- where they do not agree ------------------------------------------------------------------------


def is_disputed(answers: Answers) -> bool:
    verdicts = {answer for answer in answers.values() if isinstance(answer, bool)}
    numbers = {answer for answer in answers.values() if not isinstance(answer, bool)}
    return len(numbers) > 1 or len(verdicts) > 1


def shrink(example: Example, currency: str, *, late: bool) -> tuple[Example, Answers]:
    """A smaller example about which they do not agree either: without this or that event, without a test of a property."""

    def disputed(example: Example) -> Answers | None:
        said = ask_all([example], currency, late=late)
        return next((answers for _, answers in said if is_disputed(answers)), None)

    answers = disputed(example)
    if answers is None:
        return example, {"": "disputed among other visitors only"}
    tries = 0
    again = True
    while again and tries < MOST_SHRINKS:
        again = False
        for smaller in smaller_than(example):
            tries += 1
            if said := disputed(smaller):
                example, answers, again = smaller, said, True
                break
    return example, answers


def smaller_than(example: Example) -> Iterator[Example]:
    history, argument = example.history, example.argument
    for size in (len(history) // 2, 1):
        for place in range(0, len(history), max(size, 1)):
            yield example._replace(history=(*history[:place], *history[place + max(size, 1) :]))
    for place, told in enumerate(history):
        for index in range(len(told.events) if len(told.events) > 1 else 0):
            fewer = told._replace(events=(*told.events[:index], *told.events[index + 1 :]))
            yield example._replace(history=(*history[:place], fewer, *history[place + 1 :]))
    where = argument.get("where", {})
    for name in where if len(where) > 1 else ():
        yield example._replace(argument=argument | {"where": {key: where[key] for key in where if key != name}})
    if example.waited:
        yield example._replace(waited=0)


def explain(example: Example, answers: Answers, where: str) -> str:
    told = [(each, event) for each in example.history for event in each.events]
    return "\n".join(
        [where, pformat(example.argument), f"asked {example.waited} ms after the latest of"]
        + [f"  {event.at - BEGIN:>12} device {each.device}{' known' * each.is_known} {event}" for each, event in told]
        + [f"  {way:24} {answer}" for way, answer in answers.items()]
    )

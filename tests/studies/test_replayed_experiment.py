"""A real test of three arms, told to the product as visitors would: each was shown an arm and did what they did, through
the log, the consumer and its sums, to the page's report. It has the effects and errors that are known of the data."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pyarrow.parquet as parquet
import pytest
from django.conf import settings

from campaigns.models import AdVariant, Arm, Metric, Phase, Treatment
from campaigns.results.analysis import analyse
from personalization.experiments.reading import read
from personalization.models import Unit
from sites import keys
from sites.times import HOUR_MS, ms_of
from tests.goals import make_goal
from tests.studies.test_experiments import HILLSTROM
from tracking.consumer import Consumer
from tracking.decision import LoggedDecision
from tracking.event import Entry, Event
from tracking.exposure import Exposure
from tracking.log.base import encode_entry, partition_of
from tracking.log.streams import StreamReader

pytestmark = [
    pytest.mark.study,
    pytest.mark.usefixtures("transactional_db", "redis_client"),
    pytest.mark.timeout(3_000),
]
ARMS = {"No E-Mail": "control", "Mens E-Mail": "mens", "Womens E-Mail": "womens"}
DECISIONS = 500  # in a record, as the edge gathers them
CUSTOMERS = 2_000  # told before the consumer has its turn


def test_hillstroms_test_of_three_emails_replayed_through_the_product(site, redis_client, shared_dir):
    file = shared_dir / "data/email/hillstrom_dev.parquet"
    if not file.exists():
        pytest.skip(f"NO HILLSTROM DATA at {file}")
    customers = parquet.read_table(file).to_pylist()
    treatment = _experiment(site)
    consumer = Consumer(StreamReader(redis_client), range(settings.LOG_PARTITIONS))

    for start in range(0, len(customers), CUSTOMERS):
        _tell(redis_client, site.pk, treatment.pk, customers[start : start + CUSTOMERS])
        while consumer.drain():
            pass
    consumer.claims.release()

    found = read(treatment, datetime(2026, 6, 20, tzinfo=UTC))
    report = analyse(found.experiment, found.counted)
    assert Unit.objects.count() == found.visitors == len(customers)
    print(f"\nHillstrom replayed: {found.visitors:,} visitors; {report.mismatch.sentence}")
    for result in report.metrics:
        name = {"Visited": "visit", "Bought": "conversion", "Spent": "spend"}[result.metric.name.partition(",")[0]]
        scale = 100 if name == "spend" else 1
        for comparison in result.comparisons:
            of = next(told for told, key in ARMS.items() if key == comparison.arm)
            effect, error = comparison.difference.value / scale, comparison.difference.se / scale
            print(f"  {name:<10} {of:<13} {effect:+.4f} ({error:.4f})")
            digits = 3 if name == "spend" else 4
            assert (round(effect, digits), round(error, digits)) == HILLSTROM[name, of]


BEGUN = datetime(2026, 6, 1, tzinfo=UTC)


def _experiment(site) -> Treatment:
    treatment = Treatment.objects.create(site=site, key="emails", name="E-mails")
    for key in ARMS.values():
        variant = None if key == "control" else AdVariant.objects.create(site=site, key=key, name=key, headline=key)
        Arm.objects.create(treatment=treatment, key=key, variant=variant)
    shares = [[arm.key, arm.variant_id, 1 / 3] for arm in treatment.arms.order_by("id")]
    Phase.objects.create(treatment=treatment, number=1, begun_at=BEGUN, coverage=100, arms=shares, seed=treatment.seed)
    for role, kind, name in (
        ("primary", "rate", "Visited"),
        ("secondary", "rate", "Bought"),
        ("secondary", "value", "Spent"),
    ):
        goal = make_goal(site, name, key=name.lower(), name=name, window_days=14)
        Metric.objects.create(treatment=treatment, goal=goal, kind=kind, role=role)
    return treatment


def _tell(redis_client, site: int, treatment: int, customers: list[dict]) -> None:
    """Decisions and what followed, each in the partition of its visitor."""
    decisions: dict[int, list[LoggedDecision]] = {}
    with redis_client.pipeline(transaction=False) as log:
        for customer in customers:
            visitor = uuid.UUID(int=customer["customer_no"] + 1).hex
            partition, at = partition_of(visitor, settings.LOG_PARTITIONS), ms_of(BEGUN) + customer["customer_no"]
            decisions.setdefault(partition, []).append(_decision(site, treatment, visitor, at, customer["segment"]))
            if len(decisions[partition]) == DECISIONS:
                log.xadd(keys.log(partition), {"d": msgspec.msgpack.encode(decisions.pop(partition))})
            if events := list(_events(customer, at)):
                log.xadd(keys.log(partition), {"e": encode_entry(Entry(site, visitor, events))})
        for partition, rest in decisions.items():
            log.xadd(keys.log(partition), {"d": msgspec.msgpack.encode(rest)})
        log.execute()


def _decision(site: int, treatment: int, visitor: str, at: int, segment: str) -> LoggedDecision:
    """The control was drawn and not shown."""
    arm, identity = ARMS[segment], at.to_bytes(6, "big") + b"\x70" + uuid.uuid4().bytes[7:]
    shown, assigned = Exposure("inbox", 1, "spring", 1, treatment, arm, 1, arm), []
    if arm == "control":
        shown, assigned = Exposure("inbox"), [[treatment, arm, 1 / 3, 1]]
    context = {"context": {}, "assigned": assigned}
    return LoggedDecision(identity, at, site, visitor, 0, shown, "SPLIT", "", 1 / 3, 1, "r1", context)


def _events(customer: dict, at: int) -> Iterator[Event]:
    told = (("Visited", customer["visit"]), ("Bought", customer["conversion"]), ("Spent", customer["spend"]))
    for place, (name, value) in enumerate(told, 1):
        if value:
            moment = at + place * HOUR_MS
            properties = {"value": round(float(value), 2)} if name == "Spent" else {}
            yield Event(
                f"{customer['customer_no']}-{name}", "track", name, moment, moment, seq=place, properties=properties
            )

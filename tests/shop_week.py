"""A small shop after a busy week, for tests of pages: visitors through fold, log and consumer; segments, campaigns, releases and their results."""

import random
import time
import uuid
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import redis
from django.conf import settings
from django.contrib.auth.models import User

from campaigns.coupons.editing import add_codes
from campaigns.coupons.redeeming import buyer_of, give, redeem, release
from campaigns.coupons.tables import Coupon
from campaigns.coupons.terms import Cart
from campaigns.models import AdVariant, Arm, Campaign, ExclusionGroup, Override, Placement, Release, Rule, Treatment
from campaigns.publish import publish
from campaigns.release import load
from personalization import decide as deciding
from personalization.bandits import batches
from personalization.models import Decision, PolicyEvaluation, Trial
from personalization.situation import Passed, Situation
from recommendations.models import Item
from segments import live, shipped
from segments.models import ModelVersion, Segment, SegmentSize, TrainingRun
from segments.profile import Profile, encode, fold
from sites import keys
from sites.local_time import local
from sites.models import Site
from sites.pseudonyms import visitor_of, visitor_of_user
from sites.times import ms_of
from tests import factories, results
from tests.goals import make_goal
from tests.personalization.experiments import sums
from tests.personalization.off_policy.answers import RESULT
from tracking import partitions
from tracking.consumer import Consumer
from tracking.decision import LoggedDecision
from tracking.event import Entry, Event, Referral
from tracking.exposure import Exposure
from tracking.log.base import encode_entry, partition_of
from tracking.log.streams import StreamReader
from tracking.models import DropCount

CATEGORIES = ["Shoes", "Jackets", "Backpacks", "Tents"]
CHANNELS = [
    ("search", "Google"),
    ("social", "Instagram"),
    ("email", "newsletter"),
    ("ai", "ChatGPT"),
    ("paid", "Google"),
    ("direct", ""),
]
HOUR = 3_600_000


def fill(site: Site, publisher: User, now: datetime, visitors: int = 60, seed: int = 7) -> None:
    """Needs both servers. The same seed makes the same shop."""
    rng = random.Random(seed)
    months = {(now - timedelta(days=back)).date().replace(day=1) for back in range(0, 40, 5)} | {
        (now + timedelta(days=1)).date().replace(day=1)
    }
    partitions.ensure(months)
    _catalogue(site)
    _visits(site, now, visitors, rng)
    _campaigns(site, publisher, now)
    publish(site, publisher, "The first release")
    Placement.objects.filter(site=site, key="home-hero").update(min_height=320)
    publish(site, publisher, "Reserve room for the hero")
    _sizes(site, now, rng)
    _model(site, now)
    _results(site, now, rng)
    _coupons(site, now)
    creatives = list(AdVariant.objects.filter(site=site).order_by("id")[:2])
    sums.store(sums.experiment(site, now, creatives=creatives), sums.visitors(), now)
    DropCount.objects.create(
        site=site, hour=now.replace(minute=0, second=0, microsecond=0), reason="bot_declared", count=41
    )
    DropCount.objects.create(site=site, hour=now.replace(minute=0, second=0, microsecond=0), reason="gpc", count=12)


def _coupons(site: Site, now: datetime) -> None:
    """What orders redeemed; a letter with codes of its own, one that is over, and a treatment that no rule draws from."""
    for order in range(30):
        at = ms_of(now - timedelta(hours=5 * order + 1))
        redeem(site, "SAVE10", f"D-{order}", Cart(4_190 + 700 * order), buyer_of(site, f"anonymous-{order}"), at)
    release(site, "D-0", ms_of(now))
    letter = Coupon.objects.create(site=site, key="letter", name="Autumn letter", percent=20, limit_per_visitor=1)
    add_codes(letter, [f"LETTER-{number:04}" for number in range(40)], factories.TESTER)
    redeem(site, "LETTER-0001", "D-100", Cart(6_000), buyer_of(site, "anonymous-1"), ms_of(now))
    give(letter, buyer_of(site, "anonymous-2"), ms_of(now))
    over = {"starts_at": now - timedelta(days=60), "ends_at": now - timedelta(days=20)}
    Coupon.objects.create(site=site, key="summer", name="Summer sale", code="SUMMER", percent=25, **over)
    words = Treatment.objects.create(site=site, key="words", name="Coupon or category")
    for key, variant, weight in (("a", "coupon", 70), ("b", "explore", 30)):
        Arm.objects.create(
            treatment=words, key=key, variant=AdVariant.objects.get(site=site, key=variant), weight=weight
        )
    target = {"kind": "shares", "shares": {"a": 20, "b": 80}}
    PolicyEvaluation.objects.create(site=site, treatment=words, target=target, state="done", result=RESULT)
    _bandit(site, now)
    _apart(site)


def _apart(site: Site) -> None:
    """A holdout, two experiments that exclude each other, and a visitor set by hand."""
    held = Treatment.objects.create(site=site, key="holdout", name="Holdout of all campaigns", kind="holdout")
    for key, weight in (("held", 50), ("open", 950)):
        Arm.objects.create(treatment=held, key=key, weight=weight)
    group = ExclusionGroup.objects.create(site=site, key="front", name="Front page")
    Treatment.objects.filter(key="words").update(group=group, group_from=0, group_to=40)
    Treatment.objects.filter(key="offers").update(group=group, group_from=60, group_to=100)
    for key in ("words", "offers"):
        override = {"visitor_id": UUID(visitor_of(site.salt, "anonymous-0")), "arm": "b", "note": "Ada's phone"}
        Override.objects.create(treatment=Treatment.objects.get(key=key), **override)


def _bandit(site: Site, now: datetime) -> None:
    """Two days of three creatives, each click rate another, and what the batches made of it."""
    settings_ = {"least_trials": 400, "control": 0.05, "policy": "per_cluster"}
    row = Treatment.objects.create(site=site, key="offers", name="Offers", kind="bandit", policy=settings_)
    rates = {"a": 0.05, "b": 0.062, "c": 0.07}
    for (key, _), variant in zip(rates.items(), ("coupon", "explore", "related"), strict=True):
        found = AdVariant.objects.filter(site=site, key=variant).first() or AdVariant.objects.create(
            site=site, key=variant, name=variant.title(), headline=variant
        )
        Arm.objects.create(treatment=row, key=key, variant=found)
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=48)
    shares = dict.fromkeys(rates, 1 / 3)
    for hour in range(48):
        at = first + timedelta(hours=hour)
        trials = []
        for arm, rate in rates.items():
            for cluster in (-1, 0, 1):
                for is_random, number in ((False, round(300 * shares[arm])), (True, 40)):
                    spot = {"arm": arm, "cluster": cluster, "is_random": is_random, "hour": at}
                    won = int(number * rate * (1.4 if cluster == 1 and arm == "a" else 1) + (hour % 3) / 2)
                    sums = {"trials": number, "rewards": won, "unmatched": int(hour == 40 and arm == "a")}
                    trials.append(Trial(treatment_id=row.pk, **spot, **sums))
        Trial.objects.bulk_create(trials)
        if made := batches.make([row], at + timedelta(minutes=59)):
            shares = {arm["arm"]: arm["share"] for arm in made[0].arms}


# --- what visitors did ----------------------------------------------------------------------------


def _visits(site: Site, now: datetime, visitors: int, rng: random.Random) -> None:
    at = int(now.timestamp() * 1000)
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for number in range(visitors):
            visitor, profile = visitor_of(site.salt, f"anonymous-{number}"), Profile()
            user = visitor_of_user(site.salt, f"customer-{number}") if number % 7 == 0 else ""
            partition = partition_of(visitor, settings.LOG_PARTITIONS)
            for event in _events(number, user, at, rng):
                fold(profile, event)
                client.xadd(keys.log(partition), {"e": encode_entry(Entry(site.pk, visitor, [event]))})
            client.set(keys.profile(partition, visitor), (profile.seq).to_bytes(8) + encode(profile))
        consumer = Consumer(StreamReader(client), range(settings.LOG_PARTITIONS))
        while consumer.drain():
            pass
        consumer.claims.release()


def _events(number: int, user: str, now: int, rng: random.Random) -> list[Event]:
    """One to three sessions, the last of the first ten visitors in progress."""
    made: list[Event] = []
    channel, source = rng.choice(CHANNELS)
    device = rng.choice(["desktop", "mobile", "mobile", "tablet"])
    ends = [rng.randint(1, 6 * 24) * HOUR for _ in range(rng.randint(0, 2))] + [
        rng.randint(0, 20 * HOUR) if number >= 10 else rng.randint(0, 200) * 1000
    ]
    for back in sorted(ends, reverse=True):
        at, steps = now - back, rng.randint(2, 12)
        for step in range(steps):
            event = _step(number, len(made), step, at - (steps - step) * 17_000, rng)
            event.user, event.device, event.browser, event.os, event.country = (
                user,
                device,
                "Chrome",
                "Android",
                rng.choice(["DE", "AT", "FR", "US"]),
            )
            if step == 0 and channel != "direct":
                event.referral = Referral(
                    channel, source, "cpc" if channel == "paid" else "", "autumn", landing_path=event.path
                )
            made.append(event)
    return made


def _step(number: int, seq: int, step: int, at: int, rng: random.Random) -> Event:
    category = CATEGORIES[number % 4]
    product = rng.randint(1, 12)
    about = {
        "product_id": f"sku-{product}",
        "name": f"{category} {product}",
        "category": category,
        "price": 19.9 + product,
    }
    kind, name, path, properties = (
        ("page", "", "/", {"title": "Home"})
        if step == 0
        else rng.choice(
            [
                ("track", "Product Viewed", f"/p/sku-{product}", about),
                ("track", "Page Dwell", f"/p/sku-{product}", {"seconds": rng.randint(3, 60)}),
                ("track", "Product List Viewed", f"/c/{category.lower()}", {"category": category}),
                ("track", "Products Searched", "/search", {"query": rng.choice(["boots", "rain jacket", "tent"])}),
                ("track", "Product Added", f"/p/sku-{product}", about | {"quantity": 1}),
                (
                    "track",
                    "Order Completed",
                    "/thanks",
                    {"order_id": f"o-{number}-{seq}", "total": 49.9, "products": [about]},
                ),
            ]
        )
    )
    identifier = str(uuid.UUID(int=number * 1000 + seq))
    return Event(
        identifier, kind, name, at, at + 40, path=path, host="shop.example", title="Shop", properties=properties
    )


# --- what marketers made --------------------------------------------------------------------------


def _catalogue(site: Site) -> None:
    Item.objects.bulk_create(
        Item(
            site=site, key=f"sku-{n}", name=f"{CATEGORIES[n % 4]} {n}", category=CATEGORIES[n % 4], category_url=f"/c/{CATEGORIES[n % 4].lower()}",
            price_minor=1990 + 100 * n, currency=site.currency, url=f"/p/sku-{n}", image_url=f"/img/{n}.svg",
        )
        for n in range(1, 13)
    )  # fmt: skip


def _campaigns(site: Site, publisher: User, now: datetime) -> None:
    shipped.install(site, factories.TESTER)
    segment = {row.key: row for row in Segment.objects.filter(site=site)}
    default = _variant(
        site,
        "autumn",
        "Autumn sale",
        headline="Autumn is here",
        body="Everything for wet days.",
        link="/sale",
        call_to_action="Look around",
    )
    related = _variant(
        site,
        "related",
        "Related offer",
        slot="related",
        headline="Still thinking? {item.name}",
        link="{item.url}",
        call_to_action="See it",
        background="#0f3d3a",
        foreground="#ffffff",
    )
    explore = _variant(
        site,
        "explore",
        "Category banner",
        template="banner",
        slot="category",
        headline="More {category.name}",
        link="{category.url}",
        call_to_action="Browse",
    )
    coupon = _variant(
        site,
        "coupon",
        "Coupon",
        template="card",
        headline="{discount} off with {coupon}",
        coupon=Coupon.objects.create(site=site, key="save10", name="For price hunters", code="SAVE10", percent=10),
        background="#7c2d12",
        foreground="#ffffff",
    )
    hero = Placement.objects.create(
        site=site, key="home-hero", name="Home hero", page="Home", spot="top", default_variant=default
    )
    bar = Placement.objects.create(
        site=site, key="top-bar", name="Top bar", page="Home", spot="top", default_variant=default
    )
    Placement.objects.create(site=site, key="cart-side", name="Beside the cart", page="Cart", spot="side")
    orders = make_goal(site, key="orders", name="Orders")
    large = make_goal(
        site,
        key="large-orders",
        name="Large orders",
        condition={"total": {"$gte": 50}},
        value_kind="fixed",
        value_minor=500,
    )
    make_goal(site, "Product Added", key="added-to-cart", name="Added to the cart", value_kind="none")
    autumn = Campaign.objects.create(
        site=site, key="autumn", name="Autumn", status="live", goal=orders, created_by=publisher
    )
    retention = Campaign.objects.create(
        site=site,
        key="come-back",
        name="Come back",
        status="live",
        goal=orders,
        starts_at=now - timedelta(days=3),
        ends_at=now + timedelta(days=20),
    )
    winter = Campaign.objects.create(
        site=site, key="winter", name="Winter", status="live", goal=large, starts_at=now + timedelta(days=30)
    )
    for priority, owner, name, key, variant, placement in (
        (800, autumn, "Related product for the undecided", "high-intent-product-viewer", related, hero),
        (700, autumn, "Banner of the category", "category-explorer", explore, hero),
        (600, retention, "Coupon for the price sensitive", "price-sensitive", coupon, hero),
        (500, retention, "Remind of the cart", "cart-abandoner", coupon, bar),
        (400, winter, "Winter preview", "engaged", explore, bar),
    ):
        Rule.objects.create(
            campaign=owner,
            placement=placement,
            name=name,
            segment=segment[key],
            variant=variant,
            priority=priority,
            cap_per_day=3,
        )
    Rule.objects.create(
        campaign=autumn,
        placement=bar,
        name="Mobile visitors",
        condition={"context.device": "mobile", "visitor.sessions": {"$gte": 2}},
        variant=default,
        priority=300,
    )


def _variant(site: Site, key: str, name: str, **fields) -> AdVariant:
    return AdVariant.objects.create(site=site, key=key, name=name, **fields)


# --- what was counted -----------------------------------------------------------------------------


def _sizes(site: Site, now: datetime, rng: random.Random) -> None:
    for segment in Segment.objects.filter(site=site):
        base = rng.randint(80, 900)
        sizes = [
            SegmentSize(
                segment=segment,
                at=now - timedelta(days=back),
                visitors=base + rng.randint(-40, 40) + 5 * (29 - back),
                active=3100,
            )
            for back in range(29, -1, -1)
        ]
        SegmentSize.objects.bulk_create(sizes)


def _model(site: Site, now: datetime) -> None:
    model = ModelVersion.objects.create(
        site=site, number=1, status="promoted", artifact="kmeans-1.npz", digest="0" * 64, n_samples=3100,
        window_start=now - timedelta(days=30), window_end=now, promoted_at=now, note="The first model.",
        metrics=METRICS, clusters=CLUSTERS,
    )  # fmt: skip
    TrainingRun.objects.create(site=site, status="done", progress=100, message="Promoted", model=model, finished_at=now)


METRICS: dict = {
    "k": 3,
    "silhouette": 0.41,
    "stability": 0.94,
    "map": {"points": [[-1.2, 0.9], [-0.4, -0.8], [1.6, 0.1]], "kept": 0.86, "nearest": [1, 0, 1]},
    "table": [
        {"k": 2, "stability": 0.97, "silhouette": 0.36, "inertia": 9.1, "smallest": 1200, "refused": ""},
        {"k": 3, "stability": 0.94, "silhouette": 0.41, "inertia": 7.3, "smallest": 620, "refused": ""},
        {"k": 4, "stability": 0.71, "silhouette": 0.3, "inertia": 6.8, "smallest": 90, "refused": "Not stable."},
    ],
}
CLUSTERS: list = [
    {
        "id": 1,
        "name": "Buyers",
        "size": 620,
        "share": 0.2,
        "apart": ["Orders ever: 3.1 instead of 0.4", "Average order: 64.00 instead of 12.00"],
    },
    {"id": 2, "name": "Bargain hunters", "size": 930, "share": 0.3, "apart": ["Price filters: 2.2 instead of 0.5"]},
    {"id": 3, "name": "Passers-by", "size": 1550, "share": 0.5, "apart": ["Pages ever: 1.4 instead of 6.0"]},
]


def _results(site: Site, now: datetime, rng: random.Random) -> None:
    _fortnight(site, now, rng)
    release = Release.objects.get(site=site, status="live")
    visitor = uuid.UUID(visitor_of(site.salt, "anonymous-0"))
    for n, rule in enumerate(
        Rule.objects.filter(campaign__site=site).select_related("campaign", "placement", "variant")[:3]
    ):
        Decision.objects.create(
            id=uuid.UUID(int=n + 1), at=now.astimezone(UTC) - timedelta(minutes=n), site=site, visitor_id=visitor, seq=2, placement=rule.placement.key, rule_id=rule.pk,
            campaign_id=rule.campaign_id, campaign=rule.campaign.key, variant_id=rule.variant_id, variant=rule.variant.key, reason="TARGETING_MATCH", detail="", propensity=1.0, release=release.version, context={"context": {}, "day": 0, "placements": []},
        )  # fmt: skip


def _fortnight(site: Site, now: datetime, rng: random.Random) -> None:
    """Decisions of fourteen days, what came of them, and what their visitors did, by the door of the consumer."""
    version = Release.objects.get(site=site, status="live").version
    rules = sorted(
        Rule.objects.filter(campaign__site=site).select_related("campaign", "placement", "variant", "segment"),
        key=lambda rule: rule.place,
    )
    decisions, told = [], []
    for number in range(14 * 30 * len(rules)):
        rule, who = rules[number % len(rules)], results.visitor(rng.randrange(700))
        # The latest minutes have to be something to look at as well.
        at = int(now.timestamp() * 1000) - (rng.randrange(14 * 24 * HOUR) if number > 60 else rng.randrange(HOUR // 4))
        segment = rule.segment.key if rule.segment else ""
        keys = (rule.campaign.key, rule.pk, 0, "", rule.variant_id, rule.variant.key, segment)
        shown = Exposure(rule.placement.key, rule.campaign_id, *keys)
        behind = [other for other in rules[rules.index(rule) + 1 :] if other.placement_id == rule.placement_id]
        passed = [Passed(other.pk, other.campaign_id, "OUTRANKED") for other in behind if rng.random() < 0.4]
        if rules.index(rule) and rng.random() < 0.15:
            passed.insert(0, Passed(rules[0].pk, rules[0].campaign_id, "CAPPED_TODAY"))
        made = msgspec.structs.replace(
            results.decided(site, who, at, shown, passed, rng.getrandbits(60)), release=version
        )
        decisions.append(made)
        told += _reactions(made, number, rng)
    results.store(site, decisions, told)


def _reactions(made: LoggedDecision, number: int, rng: random.Random) -> list[tuple[str, Event]]:
    told = [results.event(made.visitor, "Product Viewed", made.at + 20_000, f"viewed-{number}")]
    if rng.random() < 0.85:
        told.append(results.reaction("Impression", made))
        if rng.random() < 0.04 + 0.01 * (made.exposure.rule_id % 6):
            told.append(results.reaction("Click", made, made.at + 5000))
            if rng.random() < 0.4:
                told.append(results.event(made.visitor, "Product Added", made.at + 30_000, f"added-{number}"))
            if rng.random() < 0.25:
                told.append(results.order(made.visitor, made.at + 90_000, 30 + rng.randrange(60), f"order-{number}"))
    return told


def decide(site: Site, anonymous: str, placement: str) -> Decision:
    """What the live release gives this visitor now, stored as the edge would have it stored."""
    visitor = visitor_of(site.salt, anonymous)
    profile, now = live.load(visitor)[1], time.time_ns() // 1_000_000
    release = Release.objects.get(site=site, status="live")
    loaded = load(bytes(release.compiled))
    day, hour, weekday = local(site.time_zone, now)
    context = {"hour": hour, "weekday": weekday, "device": profile.device}
    situation = Situation(loaded, profile, visitor, True, context, now, day)
    made = deciding.decide(situation, [placement])[0]
    return Decision.objects.create(
        id=uuid.uuid4(), at=datetime.fromtimestamp(now / 1000, UTC), site=site, visitor_id=uuid.UUID(visitor), seq=profile.seq, placement=placement,
        rule_id=made.rule.id if made.rule else None, campaign=made.rule.campaign if made.rule else "", variant=loaded.variants[made.variant].key,
        reason=made.reason, detail=made.detail, propensity=1.0, release=release.version, context=msgspec.to_builtins(situation.circumstances([placement])),
    )  # fmt: skip

"""The shared cases of decisions (`tests/cases/README.md`), made into what Segue decides from."""

import json
from datetime import datetime
from operator import attrgetter
from pathlib import Path

from campaigns.caps import NO_CAPS, Caps
from campaigns.release import (
    FrozenHoldout,
    FrozenItem,
    FrozenPlacement,
    FrozenRelease,
    FrozenSegment,
    Source,
    dump,
    load,
)
from campaigns.rules import FrozenRule
from campaigns.treatments import WITHOUT, FrozenTreatment, holdout, single, split
from personalization.decide import Decision
from personalization.situation import NO_VISITOR, Situation
from privacy.consent import resolve
from segments.clustering.base import CLUSTER
from segments.clustering.frozen import FrozenClusters
from segments.profile import Profile
from segments.state import Item, Line, Order, Session
from sites.local_time import local
from sites.times import DAY_MS, ms_of
from tests.releases import rule, variant

FILE = json.loads((Path(__file__).parent / "cases/decisions.json").read_text("utf-8"))
CASES = FILE["cases"]
AT = "2026-03-10T12:00:00Z"
VISITOR = "5e" * 16
RULE_FIELDS = ("priority", "cap_per_day", "cap_total")
CAPS = ("cap_per_session", "cap_per_day", "cap_total")
DATES = ("starts_at", "ends_at", "first_published_at")
CLUSTER_FIELDS = ("kind", "features", "names", "ids")


def situation_of(case: dict) -> Situation:
    now = _ms(case.get("at", AT))
    day, hour, weekday = local(case.get("time_zone", "UTC"), now)
    context = {"hour": hour, "weekday": weekday} | case.get("context", {})
    release, forced = release_of(case["release"]), case.get("forced", {})
    return Situation(
        release,
        _profile(case.get("visitor", {}), now) if case.get("readable", True) else Profile(),
        case.get("who", VISITOR) or NO_VISITOR,
        _consents(case.get("consent", {})),
        context,
        now,
        day,
        case.get("shown", {}),
        case.get("readable", True),
        forced={each.id: forced[each.key] for each in release.treatments if each.key in forced},
    )


def release_of(plain: dict) -> FrozenRelease:
    defaults = {key: told if isinstance(told, dict) else {"default": told} for key, told in plain["placements"].items()}
    slots, drawn = plain.get("slots", {}), plain.get("treatments", {})
    keys = [one["show"] for one in plain["rules"] if "show" in one]
    keys += [key for treatment in drawn.values() for _, key, _ in treatment["arms"] if key]
    keys += [told["default"] for told in defaults.values() if told["default"]]
    keys = list(dict.fromkeys([*keys, *plain.get("variants", ())]))
    treatments = {key: single.freeze(position) for position, key in enumerate(keys)}
    treatments |= {("draw", key): _treatment(key, told, keys) for key, told in drawn.items()}
    placements = [
        FrozenPlacement(key, keys.index(told["default"]) if told["default"] else -1, 0, told.get("enabled", True))
        for key, told in defaults.items()
    ]
    source = Source(
        1,
        [FrozenSegment(key, key, condition) for key, condition in plain.get("segments", {}).items()],
        _models(plain.get("clusters")),
        placements,
        sorted((_rule(one, list(treatments), plain) for one in plain["rules"]), key=attrgetter("place")),
        [variant(key, slots.get(key, "")) for key in keys],
        [_item(one) for one in FILE["items"]],
        "EUR",
        treatments=list(treatments.values()),
        holdouts=_holdouts(plain),
    )
    return load(dump(source))


def written(decisions: list[Decision], release: FrozenRelease) -> list[list]:
    """As the cases write decisions: placement, variant, rule, reason, detail."""
    return [
        [
            one.placement,
            release.variants[one.variant].key if one.variant >= 0 else None,
            one.rule.id if one.rule else None,
            one.reason,
            one.detail,
        ]
        for one in decisions
    ]


def lots(decisions: list[Decision]) -> dict[str, list]:
    """As the cases write what was drawn: by placement, the arm and the chance that it had."""
    return {
        one.placement: [one.choice.arm, one.propensity]
        for one in decisions
        if one.choice and one.choice.draw is not None
    }


def _treatment(key: str, plain: dict, keys: list[str]) -> FrozenTreatment:
    parts = [(arm, keys.index(variant) if variant else WITHOUT, weight) for arm, variant, weight in plain["arms"]]
    return split.freeze(1, key, plain["seed"], parts, coverage=plain.get("coverage", 1.0))


def _holdouts(plain: dict) -> list[FrozenHoldout]:
    return [FrozenHoldout(holdout.freeze(2, "holdout", "holdout", plain["holdout"]))] if "holdout" in plain else []


def _rule(plain: dict, treatments: list, release: dict) -> FrozenRule:
    """`treatments` by what shows them: a variant's key, or ("draw", a treatment's)."""
    shown = ("draw", plain["draw"]) if "draw" in plain else plain["show"]
    fields = {name: plain[name] for name in RULE_FIELDS if name in plain}
    fields |= {name: _ms(plain[name]) for name in DATES if name in plain}
    campaign = release.get("campaigns", {}).get(str(plain.get("of")), {})
    caps = Caps(plain.get("cap_per_session", 0), *(campaign.get(name, 0) for name in CAPS))
    return rule(
        plain["id"],
        plain.get("when", {}),
        placement=plain.get("to", "hero"),
        variant=treatments.index(shown),
        campaign_id=plain.get("of", 0),
        caps=None if caps == NO_CAPS else caps,
        **fields,
    )


def _item(plain: dict) -> FrozenItem:
    near = {name: plain[name] for name in ("related", "similar") if name in plain}
    return FrozenItem(**{name: value for name, value in plain.items() if name not in near}, near=near)


def _models(plain: dict | None) -> dict[str, FrozenClusters]:
    if plain is None:
        return {}
    model = {name: value for name, value in plain.items() if name not in CLUSTER_FIELDS}
    return {CLUSTER: FrozenClusters(1, *(plain[name] for name in CLUSTER_FIELDS), model)}


def _profile(plain: dict, now: int) -> Profile:
    counters = {name: plain[name] for name in ("events", "orders", "sessions") if name in plain}
    profile = Profile(**counters, **plain.get("remembers", {}), traits=plain.get("traits", {}))
    profile.cart = {key: Line(quantity, price, now) for key, (quantity, price) in plain.get("cart", {}).items()}
    profile.items = {
        key: Item(dwell_ms=1000 * seconds, views=1, at=now) for key, seconds in plain.get("viewed", {}).items()
    }
    if "bought" in plain:
        profile.known_orders = [Order(now - DAY_MS, "A-1", 1, items=sorted(plain["bought"]))]
    if "session" in plain:
        fields = {"last_at": now - 1000} | plain["session"]
        if "ago" in fields:
            fields["last_at"] = now - 1000 * fields.pop("ago")
        profile.session = Session(number=1, started_at=fields["last_at"] - 60_000, **fields)
    _count(plain.get("impressions", {}), profile.shown, profile.session.shown)
    _count(plain.get("of_campaigns", {}), profile.shown_of_campaigns, profile.session.shown_of_campaigns)
    return profile


def _count(plain: dict, shown: dict, in_session: dict) -> None:
    for identity, seen in plain.items():
        if "on" in seen:
            day = (datetime.fromisoformat(seen["on"]) - datetime(1970, 1, 1)).days
            shown[identity] = [day, seen["that_day"], seen["in_all"]]
        if "in_session" in seen:
            in_session[identity] = seen["in_session"]


def _consents(plain: dict) -> bool:
    said = resolve(
        plain.get("mode", "opt_out"), plain.get("honour_dnt", False), plain.get("headers", {}), plain.get("preferences")
    )
    return said.may_personalise


def _ms(moment: str) -> int:
    return ms_of(datetime.fromisoformat(moment))

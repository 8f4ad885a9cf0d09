"""Decisions, the impressions that come of them, and the decisions after those: nobody sees more than a cap allows."""

from collections import Counter
from copy import deepcopy

import msgspec
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from campaigns.caps import Caps
from personalization.decide import decide
from personalization.engagement import Offer, Shown, arrival_of
from personalization.situation import NO_VISITOR, Situation
from segments.merging import merge
from segments.profile import Profile, decode, encode, fold
from segments.state import SESSION_GAP_MS
from sites.times import DAY_MS, MINUTE_MS
from tests.releases import release, rule
from tracking.event import Event
from tracking.exposure import Exposure

START = 1_790_000_000_000
CAP = st.integers(0, 3)
# Minutes since the page before; whether both placements are asked; whether each is seen; whether rule 2 is gone by now.
PAGES = st.lists(
    st.tuples(st.sampled_from([1, 29, 30, 700]), st.booleans(), st.booleans(), st.booleans(), st.booleans()),
    max_size=25,
)


class Visitor:
    def __init__(self):
        self.profile, self.now, self.events = Profile(), START, []

    def does(self, event):
        self.events.append(deepcopy(event))
        fold(self.profile, event)

    def opens(self):
        number = len(self.events)
        self.does(Event(message_id=f"m{number}", type="page", name="", at=self.now, received_at=self.now))

    def looks_at(self, decision):
        number = len(self.events)
        exposure = Exposure(decision.placement, decision.rule.campaign_id, "", decision.rule.id)
        shown = Shown(number.to_bytes(16, "big"), b"v" * 16, Offer(1, exposure, b"r" * 16))
        (event,) = arrival_of(shown, "impression", self.now, self.now // DAY_MS).events
        self.does(event)

    def asks(self, of, placements):
        return decide(Situation(of, self.profile, NO_VISITOR, True, {}, self.now, self.now // DAY_MS), placements)


@limits(max_examples=150, deadline=None)
@given(PAGES, st.tuples(CAP, CAP, CAP), st.tuples(CAP, CAP, CAP), st.booleans())
def test_nobody_sees_more_than_the_caps_allow_and_a_replay_counts_the_same(pages, of_rule, of_campaign, stored):
    """Of a rule in each of two placements, one of which is gone now and then, and of their campaign."""
    per_session, per_day, in_all = of_rule
    caps = {"caps": Caps(per_session, *of_campaign), "cap_per_day": per_day, "cap_total": in_all, "campaign_id": 7}
    hero, side = rule(1, variant=1, **caps), rule(2, variant=2, placement="side", **caps)
    releases = {False: release([hero, side]), True: release([hero])}
    visitor, seen, session = Visitor(), Counter(), 0
    for minutes, both, sees_first, sees_second, is_gone in pages:
        visitor.now += minutes * MINUTE_MS
        session += minutes * MINUTE_MS >= SESSION_GAP_MS
        visitor.opens()
        if stored:
            visitor.profile = decode(encode(visitor.profile))
        decisions = visitor.asks(releases[is_gone], ["side", "hero"] if both else ["hero"])
        for decision, sees in zip(decisions, (sees_first, sees_second), strict=False):
            if decision.rule and sees:
                visitor.looks_at(decision)
                for whose in (decision.rule.id, "campaign"):
                    seen.update([(whose, "session", session), (whose, "day", visitor.now // DAY_MS), (whose, "all", 0)])

    most = dict(zip(("session", "day", "all"), of_rule, strict=True))
    most_of_campaign = dict(zip(("session", "day", "all"), of_campaign, strict=True))
    for (whose, window, _), number in seen.items():
        cap = (most_of_campaign if whose == "campaign" else most)[window]
        assert not cap or number <= cap, (whose, window)
    again = Profile()
    for event in visitor.events:
        fold(again, event)
    assert encode(again) == encode(visitor.profile)


def test_what_a_rule_showed_counts_for_its_campaign_when_the_rule_is_gone():
    caps = {"caps": Caps(campaign_total=1), "campaign_id": 7}
    before, after = release([rule(1, variant=1, **caps)]), release([rule(2, variant=2, **caps)])
    visitor = Visitor()

    visitor.looks_at(visitor.asks(before, ["hero"])[0])

    assert visitor.asks(after, ["hero"])[0].detail == "CAPPED"


def test_two_devices_of_one_person_use_up_one_cap():
    of = release([rule(1, variant=1, caps=Caps(2, 3), campaign_id=7)])
    phone, laptop = Visitor(), Visitor()
    for one in (phone, laptop):
        one.opens()
        one.looks_at(one.asks(of, ["hero"])[0])

    merge(laptop.profile, phone.profile)

    assert laptop.profile.session.shown == {"1": 2}
    assert laptop.profile.shown_of_campaigns == {"7": [START // DAY_MS, 2, 2]}
    assert laptop.asks(of, ["hero"])[0].detail == "CAPPED"


def test_a_profile_of_before_is_read_and_counts_from_then_on():
    """Stored by a version that counted neither sessions nor campaigns."""
    of = release([rule(1, variant=1, caps=Caps(1, 1), campaign_id=7)])
    visitor = Visitor()
    visitor.opens()
    fields = msgspec.msgpack.decode(encode(visitor.profile))
    visitor.profile = decode(msgspec.msgpack.encode([*fields[:10], fields[10][:-2], *fields[11:-1]]))

    visitor.looks_at(visitor.asks(of, ["hero"])[0])

    assert visitor.asks(of, ["hero"])[0].detail == "CAPPED"

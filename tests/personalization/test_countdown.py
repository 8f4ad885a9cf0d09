"""A countdown is shown in its last days, tells how much is left, gives way before and after, and is made again bit for
bit from what was stored."""

import json

import pytest

from campaigns import variants
from campaigns.media import WEB
from campaigns.models import AdVariant
from campaigns.release import FrozenPlacement
from personalization.decide import decide
from personalization.edge.answer import frame_of
from personalization.reasons import Outcome
from personalization.situation import Situation
from segments.state import Profile
from sites.times import moment_of
from tests import releases

END = 1_790_000_000_000
DAY = 86_400_000


@pytest.fixture(scope="module")
def release():
    clock = AdVariant(key="clock", name="Clock", template="countdown", headline="Soon", ends_at=moment_of(END))
    plain = releases.variant("plain")
    rules = [releases.rule(1, priority=900), releases.rule(2, variant=1, priority=100)]
    return releases.release(rules, [variants.compile_variant(clock, WEB), plain], [FrozenPlacement("hero", -1, 0)])


def shown(release, now):
    situation = Situation(release, Profile(), "ab" * 16, True, {}, now, 20_000)
    return decide(situation, ["hero"], trace=True)[0]


@pytest.mark.parametrize(
    ("before_end_ms", "left"),
    [(1000, "1"), (90_500, "90"), (30 * DAY, "2592000"), (0, None), (-DAY, None), (31 * DAY, None)],
)
def test_it_is_shown_while_its_clock_can_tell(release, before_end_ms, left):
    decision = shown(release, END - before_end_ms)

    assert decision.variant == (0 if left else 1)
    if left:
        answer = json.loads(frame_of(release, decision, "").body_with(decision, b"").partition(b',"campaign"')[0])
        assert f"--left:{left}}}" in answer["html"]
    else:
        assert decision.trace[0].outcome == Outcome.OVER


def test_without_consent_it_counts_as_well(release):
    situation = Situation(release, Profile(), "ab" * 16, False, {}, END - 1000, 20_000)

    assert decide(situation, ["hero"])[0].values == {"countdown.left": "1"}


def test_the_same_moment_gives_the_same_text(release):
    first, again = shown(release, END - 777_777), shown(release, END - 777_777)

    assert frame_of(release, first, "").body_with(first, b"") == frame_of(release, again, "").body_with(again, b"")

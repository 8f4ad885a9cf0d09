"""Which rules a trace tells of."""

from personalization.decide import decide
from personalization.explain import sentences
from personalization.situation import NO_VISITOR, Situation
from personalization.trace import MAX_STEPS
from segments.profile import Profile
from tests.releases import release, rule


def test_keeps_the_winner_among_the_first_rules():
    of = release([rule(i, {"n": i}, priority=999 - i) for i in range(1, 100)])
    situation = Situation(of, Profile(), NO_VISITOR, True, {}, 1_790_000_000_000, 20_717)
    situation.attributes.update({"n": 90})

    [decision] = decide(situation, ["hero"], trace=True)

    lines = sentences(decision, of)
    assert len(lines) == 1 + MAX_STEPS
    assert lines[-1] == "Rule “rule 90” won: n is 90."

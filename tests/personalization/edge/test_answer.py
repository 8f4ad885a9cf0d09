"""What the log keeps of a decision."""

import msgspec

from personalization.decide import decide
from personalization.edge.answer import write
from personalization.engagement import Tokens
from personalization.situation import NO_VISITOR, Circumstances, Situation
from segments.profile import Profile
from tests.releases import release, rule


def row_of(rules):
    situation = Situation(release(rules), Profile(), NO_VISITOR, True, {}, 1_790_000_000_000, 20_717, {})
    (decision,) = decide(situation, ["hero"])
    kept = situation.circumstances(["hero"])
    return write(situation, decision, bytes(16), kept, b"", Tokens("secret"), explained=False)[1]


def test_a_row_names_the_rules_that_fitted_and_did_not_win():
    row = row_of([rule(1, variant=1), rule(2, variant=2, campaign_id=4)])

    kept = msgspec.json.decode(msgspec.json.encode(row.context))
    assert kept["passed"] == [[2, 4, "OUTRANKED"]]
    assert msgspec.convert(kept, Circumstances).passed[0].rule_id == 2


def test_a_row_without_such_rules_says_nothing_of_them():
    assert b"passed" not in msgspec.json.encode(row_of([rule(1, variant=1)]).context)


def test_a_row_says_for_which_segment_the_rule_was():
    assert row_of([rule(1, variant=1, segment="coffee")]).exposure.segment == "coffee"

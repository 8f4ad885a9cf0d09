"""What stands on the page so far, while its placements are decided one after the other, and what speaks against a
rule there?"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from campaigns.release import TIME_LEFT
from campaigns.rules import PackedRule
from campaigns.slots import Filled, Values, fill
from campaigns.treatments import Choice, choose
from personalization.reasons import Outcome
from personalization.situation import Situation

NOTHING: Values = {}  # what a creative without holes needs; read only


class Page(msgspec.Struct, gc=False):
    """What stands on the page so far, while its placements are decided one after the other."""

    situation: Situation
    used: set[int] = set()  # creatives that earlier placements show: none stands on a page twice
    items: set[str] = set()  # that those creatives show: none is offered twice
    filled: dict[int, Filled | None] = {}  # by creative, as long as `items` are these
    chosen: dict[int, Choice | None] = {}  # by treatment: what it gives to this visitor
    campaigns: list[int] = []  # ids of those whose rules won so far: each will be an impression more

    def choice(self, rule: PackedRule) -> Choice | None:
        """What the rule would show to this visitor; None where its treatment cannot tell."""
        position, situation = rule.treatment, self.situation
        if position not in self.chosen:
            self.chosen[position] = choose(situation.release.treatments[position], situation.unit, situation)
        return self.chosen[position]

    def holdouts(self, rule: PackedRule) -> list[tuple[int, Choice]]:
        """What the visitor drew in each holdout that speaks for the rule, by its id: none where nobody is known, or may
        be personalised for."""
        situation, drawn = self.situation, list[tuple[int, Choice]]()
        if situation.barred:
            return drawn
        for place in situation.release.holdouts_of(rule.campaign_id):
            treatment = situation.release.holdouts[place].treatment
            if ~place not in self.chosen:  # counted down from -1, beside the treatments of rules
                self.chosen[~place] = choose(treatment, situation.unit, situation)
            choice = self.chosen[~place]
            if choice is not None and not choice.is_outside:
                drawn.append((treatment.id, choice))
        return drawn

    def values(self, position: int) -> Values | None:
        """What fills the holes of a creative; {} where it has none, None where nothing is known that could, or where
        its time is over."""
        variant, known = self.situation.release.variants[position], NOTHING
        if self.is_out(position):
            return None
        if variant.until:
            known = {TIME_LEFT: str(variant.seconds_left(self.situation.now))}
        if not variant.slot:
            return known
        filled = self._fill(position)
        return filled and (filled.values | known if known else filled.values)

    def is_out(self, position: int) -> bool:
        """Whether its countdown or its coupon has ended, or not begun, or the coupon is used up."""
        return self.situation.release.variants[position].is_out(self.situation.now, self.situation.used_up)

    def show(self, position: int) -> Values | None:
        """The same, and the creative stands on the page."""
        values = self.values(position)
        self.used.add(position)
        filled = self.filled.get(position)
        if filled and filled.items:
            self.items.update(filled.items)
            self.filled = {}
        return values

    def copy(self) -> "Page":
        """What is shown on the copy is not shown on this one."""
        return Page(self.situation, set(self.used), set(self.items), chosen=self.chosen, campaigns=list(self.campaigns))

    def _fill(self, position: int) -> Filled | None:
        if position not in self.filled:
            situation = self.situation
            variant = situation.release.variants[position]
            slot = situation.slots.get(variant.slot, variant.slot)
            self.filled[position] = (
                None if situation.barred else fill(slot, situation, self.items, variant.shows, variant.discount)
            )
        return self.filled[position]


class Against(NamedTuple):
    """What speaks against a rule; `used` of `cap` impressions, where it is a cap; `until` when (milliseconds, 0 for
    ever), where that lies in its dates or hours."""

    outcome: Outcome
    used: int = 0
    cap: int = 0
    until: int = 0


class Gate(NamedTuple):
    outcome: Outcome
    sentence: str  # after "did not win: "; {used}, {cap}, {next}, when its hours begin, {dates}, when it does, and
    # {missing}, the parts of the condition that do not hold
    # The rule, what its treatment gives to this visitor, and the page so far.
    speaks_against: Callable[[PackedRule, Choice | None, Page], Against | None]

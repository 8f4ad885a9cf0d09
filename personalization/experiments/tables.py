"""Who takes part, what they reached, and the sums of both."""

from typing import Any, ClassVar

from django.db import models

from sites.models import Site


class Unit(models.Model):
    """A visitor who takes part in a phase of an experiment, by the first arm that they met. Whoever meets another one
    in the same phase has crossed over: they stay where they were first, and are counted."""

    pk = models.CompositePrimaryKey("visitor_id", "treatment_id", "phase")
    visitor_id = models.UUIDField()
    treatment_id = models.BigIntegerField()
    phase = models.IntegerField()
    site = models.ForeignKey(Site, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    arm = models.CharField(max_length=64)
    first_at = models.DateTimeField(help_text="Of the first decision that gave them the arm.")
    day = models.DateField(help_text="That, in the time zone of the site.")
    device = models.CharField(max_length=16)
    browser = models.CharField(max_length=40)
    channel = models.CharField(max_length=16, help_text="Of their first visit.")
    cluster = models.CharField(max_length=16)
    before = models.JSONField(help_text="By goal, how often it was reached in the four weeks before, and its worth.")
    crossed = models.BooleanField(default=False)

    class Meta:
        db_table = "personalization_unit"

    def __str__(self) -> str:
        return f"{self.visitor_id} in {self.arm}"


class Outcome(models.Model):
    """Something that a visitor reached within the window of a goal, from their first exposure on."""

    pk = models.CompositePrimaryKey("visitor_id", "treatment_id", "phase", "goal_id", "key")
    visitor_id = models.UUIDField()
    treatment_id = models.BigIntegerField()
    phase = models.IntegerField()
    goal_id = models.BigIntegerField(help_text="0: a click on what the experiment showed.")
    key = models.CharField(max_length=200, help_text="Of the order, decision or message: told again, it counts once.")
    at = models.DateTimeField()
    number = models.SmallIntegerField(default=1, help_text="0: a refund, which takes from the worth alone.")
    value_minor = models.BigIntegerField(default=0)

    class Meta:
        db_table = "personalization_outcome"

    def __str__(self) -> str:
        return self.key


class _Spot(models.Model):
    """Of whom something is summed up: the visitors of an arm who came on one day, all or those of one kind."""

    treatment_id = models.BigIntegerField()
    phase = models.IntegerField()
    arm = models.CharField(max_length=64)
    day = models.DateField(help_text="On which they took part first.")
    dimension = models.CharField(max_length=16, blank=True, help_text="Empty: all of them.")
    value = models.CharField(max_length=40, blank=True, help_text="Of the dimension.")

    class Meta:
        abstract = True


SPOT = ("treatment_id", "phase", "arm", "day", "dimension", "value")


class UnitSum(_Spot):
    """How many take part."""

    pk = models.CompositePrimaryKey(*SPOT)
    units = models.BigIntegerField(default=0)
    crossed = models.BigIntegerField(default=0, help_text="Of these, who met another arm as well.")

    class Meta:
        db_table = "personalization_unitsum"

    def __str__(self) -> str:
        return f"{self.arm}, {self.day}"


def _sum(help_text: str) -> "models.DecimalField[Any, Any]":
    """A whole number of any size: sums are the same in whatever sequence their parts come."""
    return models.DecimalField(default=0, max_digits=60, decimal_places=0, help_text=help_text)


class OutcomeSum(_Spot):
    """What they reached, of one goal: sums over visitors, of how often (n) and what it was worth (v), since they take
    part and in the four weeks before. Who reached nothing is zero in each."""

    pk = models.CompositePrimaryKey(*SPOT, "goal_id")
    goal_id = models.BigIntegerField()
    reached = _sum("Visitors who reached it.")
    n = _sum("How often, all together.")
    nn = _sum("Sum of the squares.")
    v = _sum("Minor units; of each visitor no more than the cap of the metric.")
    vv = _sum("Sum of the squares.")
    nv = _sum("Sum of the products of both.")
    before_n = _sum("How often in the weeks before.")
    before_nn = _sum("Sum of the squares.")
    before_v = _sum("What it was worth in the weeks before.")
    before_vv = _sum("Sum of the squares.")
    reached_before_n = _sum("How often in the weeks before, of those who reached it since.")
    n_before_n = _sum("Sum of the products of before and since.")
    v_before_v = _sum("Sum of the products of before and since.")

    MEASURES: ClassVar[tuple[str, ...]] = (
        *("reached", "n", "nn", "v", "vv", "nv", "before_n", "before_nn", "before_v", "before_vv"),
        *("reached_before_n", "n_before_n", "v_before_v"),
    )

    class Meta:
        db_table = "personalization_outcomesum"

    def __str__(self) -> str:
        return f"{self.arm}, {self.day}, goal {self.goal_id}"

"""Who takes part, what they reached, and the sums of both."""

from typing import ClassVar

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


class OutcomeSum(_Spot):
    """What they reached, of one goal: sums over visitors, of how often (n) and what it was worth (v), since they take
    part and in the four weeks before. Who reached nothing is zero in each."""

    pk = models.CompositePrimaryKey(*SPOT, "goal_id")
    goal_id = models.BigIntegerField()
    reached = models.FloatField(default=0, help_text="Visitors who reached it.")
    n = models.FloatField(default=0)
    nn = models.FloatField(default=0)
    v = models.FloatField(default=0, help_text="Minor units; of each visitor no more than the cap of the metric.")
    vv = models.FloatField(default=0)
    nv = models.FloatField(default=0)
    before_n = models.FloatField(default=0)
    before_nn = models.FloatField(default=0)
    before_v = models.FloatField(default=0)
    before_vv = models.FloatField(default=0)
    reached_before_n = models.FloatField(default=0, help_text="Sum of the n before of those who reached it.")
    n_before_n = models.FloatField(default=0, help_text="Sum of the products of both.")
    v_before_v = models.FloatField(default=0)

    MEASURES: ClassVar[tuple[str, ...]] = (
        *("reached", "n", "nn", "v", "vv", "nv", "before_n", "before_nn", "before_v", "before_vv"),
        *("reached_before_n", "n_before_n", "v_before_v"),
    )

    class Meta:
        db_table = "personalization_outcomesum"

    def __str__(self) -> str:
        return f"{self.arm}, {self.day}, goal {self.goal_id}"

"""What could be shown, to whom? Drafts that marketers edit, and releases that visitors see."""

import secrets
from collections.abc import Collection
from datetime import datetime

import msgspec
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from campaigns import creatives, goals, hours, layouts, slots
from campaigns.content import COLOUR, Picture
from campaigns.coupons import terms
from campaigns.coupons.tables import Coupon
from campaigns.fitting import misfit
from campaigns.hours import Hours
from campaigns.release import Source
from campaigns.rules import UNDATED, join_conditions, precedence
from campaigns.windows import Window
from segments.bounds import MOST_MINOR
from segments.conditions import validate
from segments.conditions.event_rows import questions_in
from segments.conditions.shapes import Condition
from segments.models import KEY, Segment, keys_of
from segments.spelling import respell
from segments.users import User
from segments.vocabulary import faults_of
from sites.models import Site
from sites.times import DAY_MS, moment_of, ms_of

FOREIGN = "It belongs to another site."


def ends_after_start(name: str) -> models.CheckConstraint:
    """What `schedule_faults` says in words."""
    starts_or_ends = models.Q(ends_at__isnull=True) | models.Q(starts_at__isnull=True)
    return models.CheckConstraint(condition=starts_or_ends | models.Q(ends_at__gt=models.F("starts_at")), name=name)


def schedule_faults(row: "Campaign | Rule") -> dict[str, list[str]]:
    """By field."""
    if row.starts_at and row.ends_at and row.ends_at <= row.starts_at:
        return {"ends_at": ["It must end after it starts."]}
    return {}


def hours_field() -> "models.CharField[str, str]":
    return models.CharField(
        max_length=400,
        default="",
        blank=True,
        help_text="Days and hours by the site's clocks, like mon-fri 9-18, sat 10-14. Empty: always.",
    )


def hours_faults(row: "Campaign | Rule") -> dict[str, list[str]]:
    """By field. Writes what can be read in its one form."""
    try:
        row.hours = hours.write(hours.parse(row.hours))
    except ValueError as error:
        return {"hours": [str(error)]}
    return {}


def new_seed() -> str:
    return secrets.token_hex(8)


class AdVariant(models.Model):
    """One creative: typed fields in a template. `slot` names what fills the holes such as `{item.name}`."""

    class Template(models.TextChoices):
        HERO = "hero", "Hero: a wide spot with picture, headline, text and button"
        BANNER = "banner", "Banner: one line with a button"
        CARD = "card", "Card: a picture above text"
        ROW = "row", "Product row: three items side by side"
        MESSAGE = "message", "Message: a note that can be closed"
        COUNTDOWN = "countdown", "Countdown: a clock that runs to its end"

    site = models.ForeignKey(Site, models.CASCADE, related_name="variants")
    key = models.CharField(max_length=64, validators=[KEY])
    name = models.CharField(max_length=100)
    template = models.CharField(max_length=16, choices=Template, default=Template.HERO)
    slot = models.CharField(max_length=16, choices=slots.choices, default="", blank=True)
    headline = models.CharField(max_length=200, blank=True)
    body = models.TextField(max_length=2000, blank=True, help_text="Plain text or simple HTML; it is sanitised.")
    image_url = models.CharField(max_length=500, blank=True)
    picture = models.ForeignKey(
        Picture,
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="variants",
        help_text="One of the library, in place of an address.",
    )
    # What was wrong when the address was last looked at, in a sentence; empty where nothing was, or nobody looked.
    picture_fault = models.CharField(max_length=200, blank=True, editable=False)
    image_alt = models.CharField(max_length=200, blank=True)
    call_to_action = models.CharField(max_length=60, blank=True)
    link = models.CharField(max_length=500, blank=True)
    coupon = models.ForeignKey(
        Coupon,
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="variants",
        help_text="One with a code for everybody, which it shows.",
    )
    discount_percent = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(100)])
    badge = models.CharField(max_length=40, blank=True)
    translations = models.JSONField(
        default=dict, blank=True, help_text="By language, such as de: the texts that differ from those above."
    )
    old_price = models.CharField(max_length=40, blank=True)
    new_price = models.CharField(max_length=40, blank=True)
    picture_at = models.CharField(max_length=10, choices=list(layouts.PLACES.items()), default="", blank=True)
    align = models.CharField(max_length=6, choices=list(layouts.ALIGNMENTS.items()), default="", blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    background = models.CharField(max_length=7, default="", blank=True, validators=[COLOUR])
    foreground = models.CharField(max_length=7, default="", blank=True, validators=[COLOUR])
    archived = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["site", "key"], name="variant_key")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        errors = creatives.errors_by_field(self)
        if self.picture and self.picture.site_id != self.site_id and self.site_id:
            errors["picture"] = [FOREIGN]
        if self.coupon and (fault := self._coupon_fault(self.coupon)):
            errors["coupon"] = [fault]
        stored = AdVariant.objects.filter(pk=self.pk, archived=False).first() if self.archived and self.pk else None
        if stored and (fault := stored.archive_fault()):
            errors["archived"] = [fault]
        if errors:
            raise ValidationError(errors)

    def _coupon_fault(self, coupon: Coupon) -> str:
        if coupon.site_id != self.site_id and self.site_id:
            return FOREIGN
        return "" if coupon.is_shared else "It has many codes, each good once, so there is none to show to everybody."

    @property
    def code(self) -> str:
        """That it shows; empty for none."""
        return self.coupon.code if self.coupon else ""

    @property
    def discount(self) -> int | None:
        """In per cent: its own, or else what its coupon takes off. None for none."""
        if self.discount_percent is None and self.coupon and self.coupon.gives == terms.PERCENT:
            return self.coupon.percent
        return self.discount_percent

    @property
    def template_title(self) -> str:
        """In a word or two."""
        return str(self.get_template_display()).partition(":")[0]

    @property
    def default_fault(self) -> str:
        """Why no placement can show it where no rule wins; empty where one can."""
        if self.template == self.Template.COUNTDOWN:
            return "A default must always be there, so it cannot be a countdown, which ends."
        return "A default must fit everybody, so it cannot show what differs between visitors." if self.slot else ""

    def archive_fault(self) -> str:
        """Why it cannot be archived; empty where it can. Three queries."""
        drawing = Treatment.objects.filter(arms__variant=self).distinct()
        users = ", ".join(map(str, [*self.rules.all(), *drawing, *self.default_in.all()]))
        return f"It is needed: {users}. Choose another creative there first." if users else ""


class Treatment(models.Model):
    """What a rule shows where that is not one variant alone: arms, among which a lot is drawn for each visitor.

    The lot is a hash of the seed and the visitor (`campaigns.bucketing`), so a visitor keeps an arm as long as neither
    the seed nor the weights change.
    """

    class Kind(models.TextChoices):
        SPLIT = "split", "Split: each arm has a fixed share"

    site = models.ForeignKey(Site, models.CASCADE, related_name="treatments")
    key = models.CharField(max_length=64, validators=[KEY])
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.SPLIT)
    seed = models.CharField(
        max_length=64, default=new_seed, help_text="Of the hash that draws. Another one deals all visitors anew."
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["site", "key"], name="treatment_key")]

    def __str__(self) -> str:
        return self.name

    def delete_fault(self) -> str:
        """Why it cannot be deleted; empty where it can. One query."""
        rules = [f"“{rule}”" for rule in self.rules.order_by("name", "id")[:5]]
        return f"Rules draw among its arms: {', '.join(rules)}. Let them show something else first." if rules else ""

    def arm_faults(self, arms: Collection["Arm"]) -> list[str]:
        """What is wrong with these as all arms of it, which may not be stored yet. Reads the variant of each."""
        faults = [f"{arm.variant}: {FOREIGN}" for arm in arms if arm.variant.site_id != self.site_id]
        if len({arm.key for arm in arms}) < len(arms):
            faults.append("Each arm needs a key of its own.")
        if not any(arm.weight for arm in arms):
            faults.append("No arm has a weight, so there is nothing to draw.")
        return faults


class Arm(models.Model):
    """One variant of a treatment, with its share."""

    treatment = models.ForeignKey(Treatment, models.CASCADE, related_name="arms")
    key = models.CharField(max_length=64, validators=[KEY])
    variant = models.ForeignKey(AdVariant, models.RESTRICT, related_name="arms")
    weight = models.PositiveIntegerField(
        default=1, validators=[MaxValueValidator(10_000)], help_text="Its share is this of the sum of all arms."
    )

    class Meta:
        ordering = ["treatment", "id"]
        constraints = [models.UniqueConstraint(fields=["treatment", "key"], name="arm_key")]

    def __str__(self) -> str:
        return f"{self.key}: {self.variant}"


class Placement(models.Model):
    """A spot on a page or in an app, with what it shows when no rule wins."""

    class Spot(models.TextChoices):
        TOP = "top", "Across the page, at its top"
        MAIN = "main", "In the content"
        SIDE = "side", "Beside the content"
        FOOT = "foot", "Across the page, below the content"
        OVER = "over", "Over the page"

    site = models.ForeignKey(Site, models.CASCADE, related_name="placements")
    key = models.CharField(max_length=64, validators=[KEY])
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    page = models.CharField(
        max_length=60, blank=True, help_text="The kind of page that it is on, such as Home, Product or Cart."
    )
    spot = models.CharField("where on the page", max_length=4, choices=Spot, blank=True)
    min_height = models.PositiveIntegerField(default=0, help_text="Pixels reserved on the page, so that nothing jumps.")
    width = models.PositiveIntegerField(
        default=0, help_text="Pixels that it has on a wide screen, by which creatives are told to fit; 0: not known."
    )
    default_variant = models.ForeignKey(AdVariant, models.RESTRICT, null=True, blank=True, related_name="default_in")
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["site", "key"], name="placement_key")]

    def __str__(self) -> str:
        return self.name

    def delete_fault(self) -> str:
        """Why it cannot be deleted; empty where it can. One query."""
        rules = [f"“{rule}”" for rule in self.rules.order_by("name", "id")[:5]]
        return f"Rules show something in “{self}”: {', '.join(rules)}. Move or delete them first." if rules else ""

    def misfit(self, variant: AdVariant) -> str:
        """Why the creative does not fit here; empty where it does."""
        return misfit(variant.template, self.width, self.min_height)

    def clean(self) -> None:
        default = self.default_variant
        if default and default.site_id != self.site_id:
            raise ValidationError({"default_variant": FOREIGN})
        if default and default.default_fault:
            raise ValidationError({"default_variant": default.default_fault})


class Goal(models.Model):
    """What counts as a conversion: an event, perhaps of a kind only, and what it is worth."""

    class Value(models.TextChoices):
        NOTHING = goals.NOTHING, "Nothing: it is only counted"
        OF_EVENT = goals.OF_EVENT, "What the event says: total, revenue or value, else the sum of its products"
        FIXED = goals.FIXED, "Always the same"
        OF_PROPERTY = goals.OF_PROPERTY, "What one property of the event says"

    site = models.ForeignKey(Site, models.CASCADE, related_name="goals")
    key = models.CharField(max_length=64, validators=[KEY])
    name = models.CharField(max_length=100)
    event = models.CharField(max_length=200, help_text="The name of the event that counts, such as Order Completed.")
    condition = models.JSONField(
        default=dict, blank=True, help_text="On the properties of the event, in the language of rules; {} counts any."
    )
    value_kind = models.CharField(max_length=8, choices=Value, default=Value.NOTHING)
    value_minor = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_MINOR)],
        help_text="Of each, where it is always the same; in minor units of the site's currency.",
    )
    value_property = models.CharField(
        max_length=200, blank=True, help_text="An amount in major units; dots lead inside, as in plan.price."
    )
    window_days = models.PositiveSmallIntegerField(
        default=7,
        validators=[MinValueValidator(1), MaxValueValidator(goals.MOST_WINDOW_DAYS)],
        help_text="So long after a click or look a campaign is credited.",
    )
    view_through = models.BooleanField(
        "looks count",
        null=True,
        blank=True,
        choices=[(None, "As the site says"), (True, "Yes: who saw it and ordered counts"), (False, "No: clicks alone")],
        help_text="Whether a campaign that was only seen, not clicked, may be credited.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["site", "key"], name="goal_key"),
            models.CheckConstraint(
                condition=models.Q(window_days__range=(1, goals.MOST_WINDOW_DAYS)), name="goal_window_range"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if faults := self.faults():
            raise ValidationError(faults)

    def faults(self) -> dict[str, list[str]]:
        """By field."""
        errors: dict[str, list[str]] = {}
        if faults := validate(self.condition, {}):  # no groups: a goal looks at its event, at no segment
            errors["condition"] = list(map(str, faults))
        elif questions_in(self.condition):
            errors["condition"] = ["$did asks what a visitor did; a goal looks at one event."]
        if self.value_kind == self.Value.FIXED and self.value_minor is None:
            errors["value_minor"] = ["Say what each is worth."]
        if self.value_kind == self.Value.OF_PROPERTY and not self.value_property:
            errors["value_property"] = ["Name the property that says what it is worth."]
        return errors

    def delete_fault(self) -> str:
        """Why it cannot be deleted; empty where it can. One query."""
        users = ", ".join(map(str, self.campaigns.all()))
        return f"It is pursued by {users}. Choose another goal there first." if users else ""

    def freeze(self, site: Site) -> goals.FrozenGoal:
        """As it counts with the settings of its site."""
        return goals.FrozenGoal(
            id=self.pk,
            key=self.key,
            event=self.event,
            condition=self.condition,
            value=self.value_kind,
            value_minor=self.value_minor or 0,
            value_property=self.value_property,
            window_ms=self.window_days * DAY_MS,
            attribution=site.attribution,
            view_through=site.view_through if self.view_through is None else self.view_through,
        )


class Campaign(models.Model):
    """A goal, a schedule, and the rules that pursue it."""

    class Status(models.TextChoices):
        """What somebody wants of it. What visitors see of it is another question: `campaigns.standings`."""

        DRAFT = "draft", "Not launched"
        LIVE = "live", "Launched"
        PAUSED = "paused", "Paused"
        ARCHIVED = "archived", "Archived"

    site = models.ForeignKey(Site, models.CASCADE, related_name="campaigns")
    key = models.CharField(max_length=64, validators=[KEY])
    name = models.CharField(max_length=100)
    goal = models.ForeignKey(
        Goal,
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="campaigns",
        help_text="What counts as its conversion; without one, only looks and clicks are counted.",
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    hours = hours_field()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["site", "key"], name="campaign_key"),
            ends_after_start("campaign_ends_after_start"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        errors = schedule_faults(self) | hours_faults(self)
        if self.goal and self.site_id and self.goal.site_id != self.site_id:
            errors["goal"] = [FOREIGN]
        if errors:
            raise ValidationError(errors)


class Rule(models.Model):
    """Condition -> treatment in one placement. The segment, where named, and the condition must both hold."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="rules")
    placement = models.ForeignKey(Placement, models.RESTRICT, related_name="rules")
    name = models.CharField(max_length=100)
    segment = models.ForeignKey(Segment, models.RESTRICT, null=True, blank=True, related_name="rules")
    condition = models.JSONField(default=dict, blank=True)
    variant = models.ForeignKey(
        AdVariant, models.RESTRICT, null=True, blank=True, related_name="rules", help_text="What it shows to everybody."
    )
    treatment = models.ForeignKey(
        Treatment,
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="rules",
        help_text="Instead of one variant: arms, among which a lot is drawn.",
    )
    priority = models.PositiveSmallIntegerField(
        default=500, validators=[MaxValueValidator(999)], help_text="0 to 999; the higher wins."
    )
    enabled = models.BooleanField(default=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    hours = hours_field()
    cap_per_day = models.PositiveIntegerField(
        null=True, blank=True, help_text="Impressions per visitor and day (site's time zone)."
    )
    cap_total = models.PositiveIntegerField(null=True, blank=True, help_text="Impressions per visitor in all.")
    first_published_at = models.DateTimeField(null=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-priority", "id"]
        constraints = [
            ends_after_start("rule_ends_after_start"),
            models.CheckConstraint(condition=models.Q(priority__lte=999), name="rule_priority_range"),
            models.CheckConstraint(
                condition=models.Q(variant__isnull=True) ^ models.Q(treatment__isnull=True),
                name="rule_shows_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def shows(self) -> AdVariant | Treatment:
        return self.variant or self.treatment  # type: ignore[return-value]  # one of them: `rule_shows_one_thing`

    def window(self) -> Window:
        """When it may win: within its own dates and those of its campaign."""
        return Window(self.starts_at, self.ends_at).within(Window(self.campaign.starts_at, self.campaign.ends_at))

    def open_hours(self) -> Hours:
        """In which it may win: its own within those of its campaign. Expects that both can be read."""
        return hours.both(hours.parse(self.hours), hours.parse(self.campaign.hours))

    def next_run(self, now: datetime, time_zone: str) -> datetime | None:
        """The first moment from `now` on at which dates and hours let it win; None where there is none."""
        window = self.window()
        since = max(now, window.starts_at) if window.starts_at else now
        opens = hours.next_open(self.open_hours(), time_zone, ms_of(since))
        if opens is None or window.has_ended(moment_of(opens)):
            return None
        return max(since, moment_of(opens))

    def full_condition(self) -> Condition:
        """Its segment's and its own, joined; {} holds everybody."""
        return join_conditions([self.segment.condition if self.segment else {}, self.condition])

    @property
    def targeted(self) -> bool:
        """Does it ask for anything? A segment that holds everybody does not."""
        return bool(self.full_condition())

    @property
    def place(self) -> tuple[int, bool, int, int]:
        """Sorts drafts as a release sorts them. A rule that was never published stands behind all that were."""
        published = ms_of(self.first_published_at) if self.first_published_at else UNDATED
        return precedence(self.priority, self.targeted, published, self.pk)

    def clean(self) -> None:
        errors = schedule_faults(self) | hours_faults(self) | self.cap_faults()
        if self.condition != {} and (
            faults := faults_of(self.condition, segments=keys_of(self.campaign.site_id if self.campaign_id else None))
        ):
            errors["condition"] = list(map(str, faults))
        else:
            self.condition = respell(self.condition)
        if (self.variant is None) == (self.treatment is None):
            errors["variant"] = ["Choose one creative, or a treatment that draws among several."]
        for field in ("placement", "variant", "treatment", "segment"):
            named = getattr(self, field, None)
            if named and self.campaign_id and named.site_id != self.campaign.site_id:
                errors[field] = [FOREIGN]
        if errors:
            raise ValidationError(errors)

    def cap_faults(self) -> dict[str, list[str]]:
        """By field."""
        zero = [field for field in ("cap_per_day", "cap_total") if getattr(self, field) == 0]
        return {field: ["A cap of 0 would never show it; leave it empty for no cap."] for field in zero}


def users_of_segments(site_id: int) -> list[User]:
    """The rules of a site, for whoever asks which segments they name. One query."""
    return [
        User(rule, rule.condition)
        for rule in Rule.objects.filter(campaign__site=site_id).exclude(condition={}).order_by("id")
    ]


class ReleaseQuerySet(models.QuerySet["Release"]):
    def live(self, site: Site) -> "Release | None":
        """The one that visitors see."""
        return self.filter(site=site, status=Release.Status.LIVE).first()

    def pending(self, site: Site) -> "Release | None":
        """The latest one that is on its way to them."""
        return self.filter(site=site, status__in=Release.PENDING).first()


class Release(models.Model):
    """An immutable snapshot of everything that a decision reads. The only thing that reaches visitors."""

    class Status(models.TextChoices):
        COMPILING = "compiling", "Compiling"
        READY = "ready", "Ready"
        LIVE = "live", "Live"
        SUPERSEDED = "superseded", "Superseded"
        FAILED = "failed", "Failed"

    PENDING = (Status.COMPILING, Status.READY)

    site = models.ForeignKey(Site, models.CASCADE, related_name="releases")
    number = models.PositiveIntegerField()
    version = models.CharField(max_length=32, blank=True, help_text="Hash of the source: equal content, equal version.")
    status = models.CharField(max_length=10, choices=Status, default=Status.COMPILING)
    progress = models.PositiveSmallIntegerField(default=0, help_text="Per cent.")
    source = models.JSONField(
        default=dict, help_text="Frozen plain data: segments, models, placements, rules, goals, variants, items."
    )
    compiled = models.BinaryField(default=bytes, editable=False, help_text="What the edge loads (campaigns.release).")
    changes = models.JSONField(default=list, help_text="What differs from the release before, as sentences.")
    window_days = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="The longest of its goals: so long an event may count as they say."
    )
    note = models.CharField(max_length=200, blank=True)
    error = models.TextField(blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    stops = models.BooleanField(
        default=False, help_text="Takes something away from visitors at once, and waits for Redis where it is away."
    )
    things = models.JSONField(default=list, help_text="What was chosen for it; none: whatever there was.")
    rolled_back_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    live_at = models.DateTimeField(null=True)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-number", "-id"]
        permissions = [("publish_release", "Can publish and roll back")]
        constraints = [
            # Publishers take turns (`golive.lock`); these hold where somebody does not.
            models.UniqueConstraint(fields=["site", "number"], name="release_number"),
            models.UniqueConstraint(fields=["site"], name="one_live_release", condition=models.Q(status="live")),
        ]

    def __str__(self) -> str:
        return f"Release {self.number}"

    def content(self) -> Source:
        """What was frozen."""
        return msgspec.convert(self.source, Source)


class Hold(models.Model):
    """What a roll back took back: no later publication sends it out unless somebody chooses it (`campaigns.composing`).
    A row of a site that visitors see as it is drafted has no effect any more, and goes with the next release."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="holds")
    thing = models.CharField(max_length=80, help_text="Kind, colon, and id or key.")
    release = models.ForeignKey(Release, models.CASCADE, related_name="+", help_text="The roll back.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "thing"], name="hold_thing")]

    def __str__(self) -> str:
        return self.thing


class ApprovalRequest(models.Model):
    """Somebody who may not publish asks somebody who may to launch a campaign as it is drafted."""

    class Outcome(models.TextChoices):
        APPROVED = "approved", "Approved"
        SENT_BACK = "sent_back", "Sent back"
        WITHDRAWN = "withdrawn", "Withdrawn"

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="approval_requests")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    note = models.CharField(max_length=500, blank=True, help_text="A word to whoever publishes.")
    digest = models.CharField(max_length=32, help_text="Of the draft that was asked for.")
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, help_text="Empty as long as it waits.")
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True, help_text="A word to whoever asked.")

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["campaign"], name="one_open_request", condition=models.Q(outcome=""))
        ]

    def __str__(self) -> str:
        return f"Approval of {self.campaign}"


class DraftReview(models.Model):
    """What publishing the draft of a site would do, as it was last looked over (`campaigns.kept_review`)."""

    site = models.OneToOneField(Site, models.CASCADE, primary_key=True, related_name="draft_review")
    problems = models.JSONField(default=list, help_text="Fields of `campaigns.problems.Problem`.")
    changes = models.JSONField(default=list, help_text="Against the live release, as sentences.")
    offers = models.JSONField(default=list, help_text="Fields of `campaigns.offers.Offer`.")
    version = models.CharField(max_length=32, blank=True, help_text="Of the draft; empty where it has errors.")
    live = models.PositiveIntegerField(default=0, help_text="Number of the live release, 0 for none.")
    state = models.CharField(max_length=32, help_text="Of the rows that it was read from, before they were read.")
    good_until = models.DateTimeField(null=True, help_text="When time alone makes another one of it.")
    made_at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()
    asked_at = models.DateTimeField(null=True, help_text="When a worker was asked for the next, until it begins.")
    begun_at = models.DateTimeField(null=True, help_text="When somebody began the next, until it is made.")

    def __str__(self) -> str:
        return f"Review of {self.site}"

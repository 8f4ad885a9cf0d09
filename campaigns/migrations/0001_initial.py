import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import campaigns.models
import campaigns.slots


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("segments", "0001_initial"),
        ("sites", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DraftReview",
            fields=[
                (
                    "site",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="draft_review",
                        serialize=False,
                        to="sites.site",
                    ),
                ),
                ("problems", models.JSONField(default=list, help_text="Fields of `campaigns.problems.Problem`.")),
                ("changes", models.JSONField(default=list, help_text="Against the live release, as sentences.")),
                (
                    "version",
                    models.CharField(blank=True, help_text="Of the draft; empty where it has errors.", max_length=32),
                ),
                ("live", models.PositiveIntegerField(default=0, help_text="Number of the live release, 0 for none.")),
                (
                    "state",
                    models.CharField(
                        help_text="Of the rows that it was read from, before they were read.", max_length=32
                    ),
                ),
                ("good_until", models.DateTimeField(help_text="When time alone makes another one of it.", null=True)),
                ("made_at", models.DateTimeField()),
                ("took_ms", models.PositiveIntegerField()),
                (
                    "asked_at",
                    models.DateTimeField(help_text="When a worker was asked for the next, until it begins.", null=True),
                ),
                (
                    "begun_at",
                    models.DateTimeField(help_text="When somebody began the next, until it is made.", null=True),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AdVariant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9][a-z0-9_-]*$", "Use small letters, digits, - and _."
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "template",
                    models.CharField(
                        choices=[
                            ("hero", "Hero: picture, headline, text, button"),
                            ("banner", "Banner: one line with a button"),
                            ("card", "Card: picture above text"),
                            ("message", "Message: text only"),
                        ],
                        default="hero",
                        max_length=16,
                    ),
                ),
                ("slot", models.CharField(blank=True, choices=campaigns.slots.choices, default="", max_length=16)),
                ("headline", models.CharField(blank=True, max_length=200)),
                (
                    "body",
                    models.TextField(
                        blank=True, help_text="Plain text or simple HTML; it is sanitised.", max_length=2000
                    ),
                ),
                ("image_url", models.CharField(blank=True, max_length=500)),
                ("image_alt", models.CharField(blank=True, max_length=200)),
                ("call_to_action", models.CharField(blank=True, max_length=60)),
                ("link", models.CharField(blank=True, max_length=500)),
                ("coupon", models.CharField(blank=True, max_length=40)),
                (
                    "discount_percent",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, validators=[django.core.validators.MaxValueValidator(100)]
                    ),
                ),
                (
                    "background",
                    models.CharField(
                        default="#1f2937",
                        max_length=7,
                        validators=[django.core.validators.RegexValidator("^#[0-9a-fA-F]{6}$")],
                    ),
                ),
                (
                    "foreground",
                    models.CharField(
                        default="#ffffff",
                        max_length=7,
                        validators=[django.core.validators.RegexValidator("^#[0-9a-fA-F]{6}$")],
                    ),
                ),
                ("archived", models.BooleanField(default=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="variants", to="sites.site"
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="Goal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9][a-z0-9_-]*$", "Use small letters, digits, - and _."
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "event",
                    models.CharField(
                        help_text="The name of the event that counts, such as Order Completed.", max_length=200
                    ),
                ),
                (
                    "condition",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="On the properties of the event, in the language of rules; {} counts any.",
                    ),
                ),
                (
                    "value_kind",
                    models.CharField(
                        choices=[
                            ("none", "Nothing: it is only counted"),
                            ("event", "What the event says: total, revenue or value, else the sum of its products"),
                            ("fixed", "Always the same"),
                            ("property", "What one property of the event says"),
                        ],
                        default="none",
                        max_length=8,
                    ),
                ),
                (
                    "value_minor",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="Of each, where it is always the same; in minor units of the site's currency.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(1000000000000)],
                    ),
                ),
                (
                    "value_property",
                    models.CharField(
                        blank=True,
                        help_text="An amount in major units; dots lead inside, as in plan.price.",
                        max_length=200,
                    ),
                ),
                (
                    "window_days",
                    models.PositiveSmallIntegerField(
                        default=7,
                        help_text="So long after a click or look a campaign is credited.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(90),
                        ],
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="goals", to="sites.site"
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="Campaign",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9][a-z0-9_-]*$", "Use small letters, digits, - and _."
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "status",
                    models.CharField(
                        choices=[("draft", "Draft"), ("live", "Live"), ("paused", "Paused"), ("archived", "Archived")],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("starts_at", models.DateTimeField(blank=True, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="campaigns", to="sites.site"
                    ),
                ),
                (
                    "goal",
                    models.ForeignKey(
                        blank=True,
                        help_text="What counts as its conversion; without one, only looks and clicks are counted.",
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="campaigns",
                        to="campaigns.goal",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="Placement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9][a-z0-9_-]*$", "Use small letters, digits, - and _."
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("description", models.TextField(blank=True)),
                (
                    "min_height",
                    models.PositiveIntegerField(
                        default=0, help_text="Pixels reserved on the page, so that nothing jumps."
                    ),
                ),
                ("enabled", models.BooleanField(default=True)),
                (
                    "default_variant",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="default_in",
                        to="campaigns.advariant",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="placements", to="sites.site"
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="Release",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                (
                    "version",
                    models.CharField(
                        blank=True, help_text="Hash of the source: equal content, equal version.", max_length=32
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("compiling", "Compiling"),
                            ("ready", "Ready"),
                            ("live", "Live"),
                            ("superseded", "Superseded"),
                            ("failed", "Failed"),
                        ],
                        default="compiling",
                        max_length=10,
                    ),
                ),
                ("progress", models.PositiveSmallIntegerField(default=0, help_text="Per cent.")),
                (
                    "source",
                    models.JSONField(
                        default=dict,
                        help_text="Frozen plain data: segments, models, placements, rules, goals, variants, items.",
                    ),
                ),
                ("compiled", models.BinaryField(default=bytes, help_text="What the edge loads (campaigns.release).")),
                (
                    "changes",
                    models.JSONField(default=list, help_text="What differs from the release before, as sentences."),
                ),
                (
                    "window_days",
                    models.PositiveSmallIntegerField(
                        default=0,
                        editable=False,
                        help_text="The longest of its goals: so long an event may count as they say.",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                ("error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("live_at", models.DateTimeField(null=True)),
                (
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "rolled_back_to",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="campaigns.release",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="releases", to="sites.site"
                    ),
                ),
            ],
            options={
                "ordering": ["-number", "-id"],
                "permissions": [("publish_release", "Can publish and roll back")],
            },
        ),
        migrations.CreateModel(
            name="Treatment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9][a-z0-9_-]*$", "Use small letters, digits, - and _."
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[("split", "Split: each arm has a fixed share")], default="split", max_length=16
                    ),
                ),
                (
                    "seed",
                    models.CharField(
                        default=campaigns.models.new_seed,
                        help_text="Of the hash that draws. Another one deals all visitors anew.",
                        max_length=64,
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="treatments", to="sites.site"
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="Rule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("condition", models.JSONField(blank=True, default=dict)),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        default=500,
                        help_text="0 to 999; the higher wins.",
                        validators=[django.core.validators.MaxValueValidator(999)],
                    ),
                ),
                ("enabled", models.BooleanField(default=True)),
                ("starts_at", models.DateTimeField(blank=True, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                (
                    "cap_per_day",
                    models.PositiveIntegerField(
                        blank=True, help_text="Impressions per visitor and day (site's time zone).", null=True
                    ),
                ),
                (
                    "cap_total",
                    models.PositiveIntegerField(blank=True, help_text="Impressions per visitor in all.", null=True),
                ),
                ("first_published_at", models.DateTimeField(editable=False, null=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rules", to="campaigns.campaign"
                    ),
                ),
                (
                    "placement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT, related_name="rules", to="campaigns.placement"
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="rules",
                        to="segments.segment",
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        blank=True,
                        help_text="What it shows to everybody.",
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="rules",
                        to="campaigns.advariant",
                    ),
                ),
                (
                    "treatment",
                    models.ForeignKey(
                        blank=True,
                        help_text="Instead of one variant: arms, among which a lot is drawn.",
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="rules",
                        to="campaigns.treatment",
                    ),
                ),
            ],
            options={
                "ordering": ["-priority", "id"],
            },
        ),
        migrations.CreateModel(
            name="Arm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9][a-z0-9_-]*$", "Use small letters, digits, - and _."
                            )
                        ],
                    ),
                ),
                (
                    "weight",
                    models.PositiveIntegerField(
                        default=1,
                        help_text="Its share is this of the sum of all arms.",
                        validators=[django.core.validators.MaxValueValidator(10000)],
                    ),
                ),
                (
                    "variant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT, related_name="arms", to="campaigns.advariant"
                    ),
                ),
                (
                    "treatment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="arms", to="campaigns.treatment"
                    ),
                ),
            ],
            options={
                "ordering": ["treatment", "id"],
            },
        ),
        migrations.AddConstraint(
            model_name="advariant",
            constraint=models.UniqueConstraint(fields=("site", "key"), name="variant_key"),
        ),
        migrations.AddConstraint(
            model_name="goal",
            constraint=models.UniqueConstraint(fields=("site", "key"), name="goal_key"),
        ),
        migrations.AddConstraint(
            model_name="goal",
            constraint=models.CheckConstraint(
                condition=models.Q(("window_days__range", (1, 90))), name="goal_window_range"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.UniqueConstraint(fields=("site", "key"), name="campaign_key"),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_at__isnull", True),
                    ("starts_at__isnull", True),
                    ("ends_at__gt", models.F("starts_at")),
                    _connector="OR",
                ),
                name="campaign_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="placement",
            constraint=models.UniqueConstraint(fields=("site", "key"), name="placement_key"),
        ),
        migrations.AddConstraint(
            model_name="release",
            constraint=models.UniqueConstraint(fields=("site", "number"), name="release_number"),
        ),
        migrations.AddConstraint(
            model_name="release",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "live")), fields=("site",), name="one_live_release"
            ),
        ),
        migrations.AddConstraint(
            model_name="treatment",
            constraint=models.UniqueConstraint(fields=("site", "key"), name="treatment_key"),
        ),
        migrations.AddConstraint(
            model_name="rule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_at__isnull", True),
                    ("starts_at__isnull", True),
                    ("ends_at__gt", models.F("starts_at")),
                    _connector="OR",
                ),
                name="rule_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="rule",
            constraint=models.CheckConstraint(condition=models.Q(("priority__lte", 999)), name="rule_priority_range"),
        ),
        migrations.AddConstraint(
            model_name="rule",
            constraint=models.CheckConstraint(
                condition=models.Q(("variant__isnull", True), ("treatment__isnull", True), _connector="XOR"),
                name="rule_shows_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="arm",
            constraint=models.UniqueConstraint(fields=("treatment", "key"), name="arm_key"),
        ),
    ]

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("sites", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ModelVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "family",
                    models.CharField(
                        default="cluster",
                        help_text="What it gives: the group of its attributes (segments.attributes).",
                        max_length=32,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        default="kmeans", help_text="How it finds that (segments.clustering.kinds).", max_length=32
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[("promoted", "Promoted"), ("rejected", "Not promoted"), ("retired", "Retired")],
                        max_length=10,
                    ),
                ),
                ("artifact", models.CharField(help_text="File below SEGUE_ARTIFACT_DIR.", max_length=255)),
                ("digest", models.CharField(max_length=64)),
                ("parameters", models.JSONField(default=dict)),
                (
                    "metrics",
                    models.JSONField(
                        default=dict, help_text="Silhouette, stability per k, sizes; see segments.registering."
                    ),
                ),
                (
                    "clusters",
                    models.JSONField(default=list, help_text="Per cluster: id, name, size, share, what sets it apart."),
                ),
                ("window_start", models.DateTimeField(null=True)),
                ("window_end", models.DateTimeField(null=True)),
                ("n_samples", models.PositiveIntegerField(default=0)),
                ("note", models.TextField(blank=True, help_text="Why it was promoted or not.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("promoted_at", models.DateTimeField(null=True)),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="model_versions", to="sites.site"
                    ),
                ),
            ],
            options={
                "ordering": ["-number", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Segment",
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
                ("description", models.TextField(blank=True, help_text="Who is in it, in a sentence for marketers.")),
                ("condition", models.JSONField(blank=True, default=dict)),
                (
                    "shipped",
                    models.BooleanField(
                        default=False, editable=False, help_text="Came with Segue; its thresholds may be edited."
                    ),
                ),
                ("archived", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="segments", to="sites.site"
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="SegmentSize",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("visitors", models.PositiveIntegerField()),
                ("active", models.PositiveIntegerField(help_text="Visitors looked at: the denominator.")),
                (
                    "segment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sizes", to="segments.segment"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TrainingRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(default="kmeans", max_length=32)),
                (
                    "status",
                    models.CharField(
                        choices=[("running", "Running"), ("done", "Done"), ("failed", "Failed")],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("progress", models.PositiveSmallIntegerField(default=0, help_text="Per cent.")),
                ("message", models.TextField(blank=True)),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "asked_through",
                    models.CharField(
                        blank=True,
                        help_text="By what, where it was not a page: an API token, a command, the schedule.",
                        max_length=200,
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="runs",
                        to="segments.modelversion",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="training_runs", to="sites.site"
                    ),
                ),
            ],
            options={
                "ordering": ["-started_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="FeatureDistribution",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("feature", models.CharField(max_length=64)),
                ("day", models.DateField(help_text="In the site's time zone.")),
                (
                    "visitors",
                    models.PositiveIntegerField(
                        help_text="Visitors looked at, with those who have nothing of the kind."
                    ),
                ),
                (
                    "missing",
                    models.PositiveIntegerField(
                        help_text="Visitors who have nothing of the kind: they are in no count."
                    ),
                ),
                ("mean", models.FloatField(help_text="Of the others.", null=True)),
                (
                    "low",
                    models.FloatField(
                        help_text="The first edge of the counts, and the last: those between are even in log1p."
                    ),
                ),
                ("high", models.FloatField()),
                (
                    "counts",
                    models.JSONField(
                        help_text="Visitors up to and with the first edge, up to and with each other, beyond the last."
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="feature_distributions",
                        to="sites.site",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["site", "day"], name="feature_distribution_day")],
                "constraints": [
                    models.UniqueConstraint(fields=("site", "feature", "day"), name="feature_distribution_once")
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.UniqueConstraint(fields=("site", "family", "number"), name="model_number"),
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "promoted")), fields=("site", "family"), name="one_promoted_model"
            ),
        ),
        migrations.AddConstraint(
            model_name="segment",
            constraint=models.UniqueConstraint(fields=("site", "key"), name="segment_key"),
        ),
        migrations.AddConstraint(
            model_name="segmentsize",
            constraint=models.UniqueConstraint(fields=("segment", "at"), name="segment_size_once"),
        ),
    ]

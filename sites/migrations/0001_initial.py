import django.contrib.postgres.fields
import django.core.validators
from django.db import migrations, models

import sites.models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Site",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                (
                    "domain",
                    models.CharField(
                        help_text="Main host name, such as shop.example; other hosts count as outside.", max_length=255
                    ),
                ),
                (
                    "write_key",
                    models.CharField(
                        default=sites.models.new_write_key,
                        help_text="Public: it may only send events and ask for decisions.",
                        max_length=64,
                        unique=True,
                    ),
                ),
                (
                    "secret_key",
                    models.CharField(
                        default=sites.models.new_secret_key,
                        help_text="For your servers only: it names any user, and signs the userIds that your pages send (docs/tracker.md).",
                        max_length=64,
                        unique=True,
                    ),
                ),
                (
                    "verify_users",
                    models.BooleanField(
                        default=True,
                        help_text="With the public write key a userId counts only with its userHash. Without this, everybody who guesses a userId can read that person's offers, change their profile, and take over the history of people who have not signed in yet.",
                        verbose_name="verify users",
                    ),
                ),
                (
                    "allowed_origins",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=255),
                        blank=True,
                        default=list,
                        help_text="Origins that may use the key from a browser, such as https://shop.example. Empty: any.",
                        size=None,
                    ),
                ),
                (
                    "internal_hosts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=255),
                        blank=True,
                        default=list,
                        help_text="Further hosts that count as this site.",
                        size=None,
                    ),
                ),
                (
                    "unwanted_referrers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=255),
                        blank=True,
                        default=sites.models.default_unwanted_referrers,
                        help_text="Hosts, with all below them, where visitors only pay or sign in: who comes back from there comes from nowhere new.",
                        size=None,
                    ),
                ),
                ("time_zone", models.CharField(default="UTC", max_length=64)),
                (
                    "currency",
                    models.CharField(
                        default="EUR", max_length=3, validators=[django.core.validators.RegexValidator("^[A-Z]{3}\\Z")]
                    ),
                ),
                (
                    "consent_mode",
                    models.CharField(
                        choices=[
                            ("opt_out", "Process unless the visitor objects"),
                            ("opt_in", "Process only what the visitor agreed to"),
                        ],
                        default="opt_out",
                        max_length=10,
                    ),
                ),
                ("honour_dnt", models.BooleanField(default=False, verbose_name="honour Do Not Track")),
                ("drop_data_centres", models.BooleanField(default=False, verbose_name="drop events from data centres")),
                (
                    "personal_traits",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64),
                        blank=True,
                        default=sites.models.default_personal_traits,
                        help_text="Traits and properties stored only as keyed hashes.",
                        size=None,
                    ),
                ),
                ("salt", models.CharField(default=sites.models.new_salt, editable=False, max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
    ]

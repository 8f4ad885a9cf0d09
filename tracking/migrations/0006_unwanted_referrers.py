"""Each site lists the hosts that only take payments or sign-ins; sites that exist get the list that new ones begin with."""

import django.contrib.postgres.fields
from django.db import migrations, models

import tracking.models


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0005_secret_key"),
    ]

    operations = [
        migrations.AddField(
            model_name="site",
            name="unwanted_referrers",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=255),
                blank=True,
                default=tracking.models.default_unwanted_referrers,
                help_text="Hosts, with all below them, where visitors only pay or sign in: who comes back from there comes from nowhere new.",
                size=None,
            ),
        ),
    ]

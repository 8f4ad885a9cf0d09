"""For Django alone, the database keeps the same constraints: what is needed inside a site still goes with the whole site."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0002_release_permission"),
        ("segments", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="placement",
            name="default_variant",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="default_in",
                to="campaigns.advariant",
            ),
        ),
        migrations.AlterField(
            model_name="rule",
            name="placement",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.RESTRICT, related_name="rules", to="campaigns.placement"
            ),
        ),
        migrations.AlterField(
            model_name="rule",
            name="segment",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="rules",
                to="segments.segment",
            ),
        ),
        migrations.AlterField(
            model_name="rule",
            name="variant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.RESTRICT, related_name="rules", to="campaigns.advariant"
            ),
        ),
    ]

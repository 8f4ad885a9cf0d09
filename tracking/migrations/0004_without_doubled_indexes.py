"""The indexes that Django adds to a foreign key, where another index begins with the same column: each new row paid for both."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0003_sessions_without_site_constraint"),
    ]

    operations = [
        migrations.AlterField(
            model_name="referral",
            name="site",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="referrals",
                to="tracking.site",
            ),
        ),
        migrations.AlterField(
            model_name="referral",
            name="visitor",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="referrals",
                to="tracking.visitor",
            ),
        ),
        migrations.AlterField(
            model_name="session",
            name="site",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="sessions",
                to="tracking.site",
            ),
        ),
        migrations.AlterField(
            model_name="session",
            name="visitor",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="session_set",
                to="tracking.visitor",
            ),
        ),
        migrations.AlterField(
            model_name="visitor",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="merged",
                to="tracking.visitor",
            ),
        ),
        migrations.AlterField(
            model_name="visitor",
            name="site",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="visitors", to="tracking.site"
            ),
        ),
        migrations.AddIndex(
            model_name="visitor",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)), fields=["merged_into"], name="visitor_merged_into"
            ),
        ),
    ]

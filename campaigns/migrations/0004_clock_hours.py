from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0003_audience_respell_conditions"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="hours",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Days and hours by the site's clocks, like mon-fri 9-18, sat 10-14. Empty: always.",
                max_length=400,
            ),
        ),
        migrations.AddField(
            model_name="rule",
            name="hours",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Days and hours by the site's clocks, like mon-fri 9-18, sat 10-14. Empty: always.",
                max_length=400,
            ),
        ),
    ]

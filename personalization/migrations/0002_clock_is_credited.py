from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("personalization", "0001_initial"),
        ("sites", "0002_clock_attribution"),
    ]

    operations = [
        migrations.AddField(
            model_name="conversion",
            name="is_credited",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Whether this campaign has the credit. Of an event, or of an order, one has: add up these alone.",
            ),
        ),
        migrations.AddField(
            model_name="decisionrollup",
            name="assisted_minor",
            field=models.BigIntegerField(db_default=0, default=0, help_text="Of the assists, as its own goal says."),
        ),
        migrations.AddField(
            model_name="decisionrollup",
            name="assists",
            field=models.PositiveBigIntegerField(
                db_default=0, default=0, help_text="Conversions that it also touched, credited to another campaign."
            ),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="goal",
            name="view_through",
            field=models.BooleanField(
                blank=True,
                choices=[
                    (None, "As the site says"),
                    (True, "Yes: who saw it and ordered counts"),
                    (False, "No: clicks alone"),
                ],
                help_text="Whether a campaign that was only seen, not clicked, may be credited.",
                null=True,
                verbose_name="looks count",
            ),
        ),
    ]

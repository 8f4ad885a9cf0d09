from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sites", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="site",
            name="attribution",
            field=models.CharField(
                choices=[
                    ("last_click", "The last click, else the last look"),
                    ("last_touch", "The last touch, be it a click or a look"),
                    ("first_touch", "The first touch, be it a click or a look"),
                ],
                default="last_click",
                help_text="Of the campaigns that touched a visitor before an order, one is credited; the others “also touched” it. Holds from the next release on.",
                max_length=12,
                verbose_name="credit for an order",
            ),
        ),
        migrations.AddField(
            model_name="site",
            name="view_through",
            field=models.BooleanField(
                default=True,
                help_text="Whether a campaign that was only seen may be credited (view-through). A goal may say otherwise.",
                verbose_name="looks count",
            ),
        ),
    ]

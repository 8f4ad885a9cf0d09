from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("personalization", "0003_clock_one_credit_for_what_is_stored"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="conversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_credited", True)),
                fields=("site", "message_id"),
                name="conversion_credited_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_credited", True), models.Q(("order_id", ""), _negated=True)),
                fields=("site", "order_id"),
                name="order_credited_once",
            ),
        ),
    ]

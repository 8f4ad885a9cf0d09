import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("sites", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Item",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(help_text="The product_id that events carry.", max_length=100)),
                ("name", models.CharField(max_length=200)),
                ("category", models.CharField(max_length=100)),
                ("category_url", models.CharField(blank=True, max_length=500)),
                ("brand", models.CharField(blank=True, max_length=100)),
                (
                    "price_minor",
                    models.PositiveBigIntegerField(
                        help_text="In minor units of its currency: 1999 is 19.99 EUR, 1,999 JPY and 1.999 KWD.",
                        validators=[django.core.validators.MaxValueValidator(1000000000000)],
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        blank=True,
                        help_text="Such as EUR; the site's where this is empty.",
                        max_length=3,
                        validators=[django.core.validators.RegexValidator("^[A-Z]{3}\\Z")],
                    ),
                ),
                ("url", models.CharField(max_length=500)),
                ("image_url", models.CharField(blank=True, max_length=500)),
                ("available", models.BooleanField(default=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="sites.site"
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
                "indexes": [models.Index(fields=["site", "category", "price_minor"], name="item_category_price")],
                "constraints": [models.UniqueConstraint(fields=("site", "key"), name="item_key")],
            },
        ),
    ]

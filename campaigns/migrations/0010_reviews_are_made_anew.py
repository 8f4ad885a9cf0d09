"""A review that was kept before offers were part of it would look true, and offer nothing."""

from django.db import migrations


def forget_reviews(apps, _schema_editor):
    apps.get_model("campaigns", "DraftReview").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0009_state_holds_and_approval")]
    operations = [migrations.RunPython(forget_reviews, migrations.RunPython.noop)]

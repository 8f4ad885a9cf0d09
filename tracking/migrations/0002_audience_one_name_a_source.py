"""Google and google become one source in what is stored; `manage.py mend_sources` does the same again."""

from typing import Any

from django.db import migrations

from tracking.mending import mend_referrals


def mend(apps: Any, schema_editor: Any) -> None:
    mend_referrals(apps.get_model("tracking", "Referral").objects.all())


class Migration(migrations.Migration):
    dependencies = [("tracking", "0001_initial")]
    operations = [migrations.RunPython(mend, migrations.RunPython.noop)]

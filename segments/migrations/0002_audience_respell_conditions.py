"""Conditions compare with the one name of each source; `manage.py mend_sources` does the same again."""

from typing import Any

from django.db import migrations

from segments.spelling import respell


def mend(apps: Any, schema_editor: Any) -> None:
    for row in apps.get_model("segments", "Segment").objects.iterator():
        if (spelled := respell(row.condition)) != row.condition:
            row.condition = spelled
            row.save(update_fields=["condition"])


class Migration(migrations.Migration):
    dependencies = [("segments", "0001_initial")]
    operations = [migrations.RunPython(mend, migrations.RunPython.noop)]

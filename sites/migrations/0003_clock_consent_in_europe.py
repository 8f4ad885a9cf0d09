from django.db import migrations, models
from django.db.models import F

MODES = [("opt_out", "Process unless the visitor objects"), ("opt_in", "Process only what the visitor agreed to")]


def keep_what_holds(apps, schema_editor):
    """What held everywhere goes on holding in Europe; the new default is for new sites."""
    apps.get_model("sites", "Site").objects.update(consent_in_europe=F("consent_mode"))


class Migration(migrations.Migration):
    dependencies = [
        ("sites", "0002_clock_attribution"),
    ]

    operations = [
        migrations.AddField(
            model_name="site",
            name="consent_in_europe",
            field=models.CharField(
                "consent in Europe",
                choices=MODES,
                default="opt_in",
                help_text="For visitors from the European Economic Area, the United Kingdom and Switzerland. Where the country is not known, the stricter of the two holds; a proxy in front of Segue says it (docs/configuration.md).",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="site",
            name="consent_mode",
            field=models.CharField("consent elsewhere", choices=MODES, default="opt_out", max_length=10),
        ),
        migrations.RunPython(keep_what_holds, migrations.RunPython.noop),
    ]

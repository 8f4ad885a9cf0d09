"""A secret key for each site, and whether userIds need a proof. The field is unique: each row gets its own before that is demanded."""

from django.db import migrations, models

import tracking.models


def give_keys(apps, schema_editor) -> None:
    for site in apps.get_model("tracking", "Site").objects.filter(secret_key=None):
        site.secret_key = tracking.models.new_secret_key()
        site.save(update_fields=["secret_key"])


class Migration(migrations.Migration):
    dependencies = [
        ("tracking", "0004_without_doubled_indexes"),
    ]

    operations = [
        migrations.AddField(model_name="site", name="secret_key", field=models.CharField(max_length=64, null=True)),
        migrations.RunPython(give_keys, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="site",
            name="secret_key",
            field=models.CharField(
                default=tracking.models.new_secret_key,
                help_text="For your servers only: it names any user, and signs the userIds that your pages send (docs/tracker.md).",
                max_length=64,
                unique=True,
            ),
        ),
        migrations.AddField(
            model_name="site",
            name="verify_users",
            field=models.BooleanField(
                default=True,
                help_text="With the public write key a userId counts only with its userHash. Without this, everybody who guesses a userId can "
                "read that person's offers, change their profile, and take over the history of people who have not signed in yet.",
                verbose_name="verify users",
            ),
        ),
    ]

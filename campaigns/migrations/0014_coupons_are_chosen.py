from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0013_coupons_of_typed_codes")]
    operations = [migrations.RemoveField("advariant", "typed_coupon")]

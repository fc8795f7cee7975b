from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounting", "0004_valuations")]

    operations: list[migrations.operations.base.Operation] = []

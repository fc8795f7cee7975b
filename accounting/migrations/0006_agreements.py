from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounting", "0005_ledger")]

    operations: list[migrations.operations.base.Operation] = []

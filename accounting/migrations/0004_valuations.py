from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounting", "0003_run_edges")]

    operations: list[migrations.operations.base.Operation] = []

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("contributions", "0006_imports")]

    operations: list[migrations.operations.base.Operation] = []

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("contributions", "0007_import_progress")]

    operations: list[migrations.operations.base.Operation] = []

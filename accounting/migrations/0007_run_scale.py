from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounting", "0006_agreements")]

    operations: list[migrations.operations.base.Operation] = []

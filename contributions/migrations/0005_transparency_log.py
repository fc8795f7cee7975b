"""Give every record a leaf in a transparency log, which itself is only ever added to."""

from __future__ import annotations

import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.functions.datetime
from django.db import migrations, models

from contributions.append_only import guard, unguard

TABLES = ("logsegment", "logtile", "logcheckpoint")

# Hashes do not compress; stored plainly, a slice of a segment is read without the rest.
STORE_PLAINLY = """
ALTER TABLE contributions_logsegment
    ALTER COLUMN numbers SET STORAGE EXTERNAL,
    ALTER COLUMN entries SET STORAGE EXTERNAL,
    ALTER COLUMN salts SET STORAGE EXTERNAL;
"""


class Migration(migrations.Migration):
    """The log's segments, tiles and checkpoints."""

    dependencies = [("contributions", "0004_starter_task_types")]

    operations = [
        migrations.CreateModel(
            name="LogCheckpoint",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("peaks", models.BinaryField()),
                ("note", models.TextField()),
                (
                    "signed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "ordering": ["size"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("size__gte", 0)), name="log_checkpoint_size_sane"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LogSegment",
            fields=[
                ("first_index", models.BigIntegerField(primary_key=True, serialize=False)),
                ("count", models.IntegerField()),
                ("kind", models.CharField(max_length=40)),
                ("lowest", models.BigIntegerField()),
                ("highest", models.BigIntegerField()),
                ("numbers", models.BinaryField()),
                ("entries", models.BinaryField()),
                ("salts", models.BinaryField()),
            ],
            options={
                "ordering": ["first_index"],
                "indexes": [
                    django.contrib.postgres.indexes.GistIndex(
                        models.Func(
                            models.F("lowest"),
                            models.F("highest"),
                            models.Value("[]"),
                            function="int8range",
                            output_field=django.contrib.postgres.fields.ranges.BigIntegerRangeField(),
                        ),
                        name="log_segment_rows",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("count__gt", 0), ("count__lte", 65536), ("first_index__gte", 0)
                        ),
                        name="log_segment_counted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("lowest__lte", models.F("highest"))),
                        name="log_segment_range_in_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LogTile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("level", models.SmallIntegerField()),
                ("index", models.BigIntegerField()),
                ("root", models.BinaryField()),
            ],
            options={
                "ordering": ["level", "index"],
                "constraints": [
                    models.UniqueConstraint(fields=("level", "index"), name="log_tile_once")
                ],
            },
        ),
        migrations.RunSQL(STORE_PLAINLY, migrations.RunSQL.noop),
        *(
            migrations.RunSQL(guard(f"contributions_{table}"), unguard(f"contributions_{table}"))
            for table in TABLES
        ),
    ]

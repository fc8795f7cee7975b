"""Follow imports by workers, keep what items were, and carry fewer indexes of labour.

Of the indexes dropped, those of worker, product and source repeat the first column of another
one, and nobody looks for labour by who recorded it; each had cost every import a microsecond a
row.
"""

from __future__ import annotations

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from contributions.append_only import guard, unguard

# Every row but a correction would stand in the index as superseding nothing.
SUPERSEDE_ONCE = """
ALTER TABLE contributions_contribution
    DROP CONSTRAINT contributions_contribution_supersedes_id_key;
CREATE UNIQUE INDEX contribution_superseded_once ON contributions_contribution (supersedes_id)
    WHERE supersedes_id IS NOT NULL;
"""
SUPERSEDE_ONCE_OF_ALL = """
DROP INDEX contribution_superseded_once;
ALTER TABLE contributions_contribution
    ADD CONSTRAINT contributions_contribution_supersedes_id_key UNIQUE (supersedes_id);
"""


class Migration(migrations.Migration):
    dependencies = [("contributions", "0006_imports")]

    operations = [
        migrations.CreateModel(
            name="ImportedTrait",
            fields=[
                (
                    "contribution",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="imported_trait",
                        serialize=False,
                        to="contributions.contribution",
                    ),
                ),
                ("is_control", models.BooleanField(default=False, verbose_name="control item")),
                (
                    "prelabelled",
                    models.BooleanField(default=False, verbose_name="drafted by a machine"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ImportJob",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("recording", "recording"),
                            ("done", "done"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        default="queued",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                (
                    "requested_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "rows_known",
                    models.BigIntegerField(blank=True, null=True, verbose_name="rows of the file"),
                ),
                ("rows_done", models.BigIntegerField(default=0, verbose_name="rows done")),
                ("attempts", models.IntegerField(default=0, verbose_name="attempts")),
                ("lease_token", models.UUIDField(blank=True, null=True)),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                ("failure", models.CharField(blank=True, max_length=64)),
                ("failure_text", models.TextField(blank=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.RunSQL(SUPERSEDE_ONCE, SUPERSEDE_ONCE_OF_ALL),
        migrations.AlterField(
            model_name="contribution",
            name="batch",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contributions",
                to="contributions.importbatch",
            ),
        ),
        migrations.AddIndex(
            model_name="contribution",
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["batch"], name="contribution_batch"
            ),
        ),
        migrations.AlterField(
            model_name="contribution",
            name="product",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contributions",
                to="contributions.product",
            ),
        ),
        migrations.AlterField(
            model_name="contribution",
            name="recorded_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="contribution",
            name="reviewer",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reviews",
                to="contributions.worker",
            ),
        ),
        migrations.AlterField(
            model_name="contribution",
            name="source",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contributions",
                to="contributions.source",
            ),
        ),
        migrations.AlterField(
            model_name="contribution",
            name="worker",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contributions",
                to="contributions.worker",
            ),
        ),
        migrations.AddIndex(
            model_name="contribution",
            index=models.Index(
                condition=models.Q(("reviewer__isnull", False)),
                fields=["reviewer"],
                name="contribution_reviewer",
            ),
        ),
        migrations.AddConstraint(
            model_name="importedtrait",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_control", True), ("prelabelled", True), _connector="OR"),
                name="imported_trait_says_something",
            ),
        ),
        migrations.AddField(
            model_name="importjob",
            name="requested_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="importjob",
            name="staged",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="job",
                to="contributions.stagedimport",
            ),
        ),
        migrations.AddConstraint(
            model_name="importjob",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["queued", "recording", "done", "failed", "cancelled"])
                ),
                name="import_job_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="importjob",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("attempts__gte", 0),
                    ("rows_done__gte", 0),
                    models.Q(("rows_known", None), ("rows_known__gte", 0), _connector="OR"),
                ),
                name="import_job_counts_sane",
            ),
        ),
        migrations.AddConstraint(
            model_name="importjob",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "recording"), _negated=True),
                    models.Q(("lease_token__isnull", False), ("leased_until__isnull", False)),
                    _connector="OR",
                ),
                name="import_job_recording_is_leased",
            ),
        ),
        migrations.AddConstraint(
            model_name="importjob",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "failed"), _negated=True),
                    models.Q(("failure", ""), _negated=True),
                    _connector="OR",
                ),
                name="import_job_failed_says_why",
            ),
        ),
        migrations.RunSQL(
            guard("contributions_importedtrait"), unguard("contributions_importedtrait")
        ),
    ]

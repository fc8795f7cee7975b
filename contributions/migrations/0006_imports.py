"""Keep files on their way in, mappings under a name, and what imports corrected."""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contributions", "0005_transparency_log"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportedCorrection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="contributions.importbatch",
                    ),
                ),
                (
                    "contribution",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="imported_correction",
                        to="contributions.contribution",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SavedMapping",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("toml", models.TextField(verbose_name="mapping")),
                ("saved_at", models.DateTimeField(auto_now=True, verbose_name="saved")),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_mappings",
                        to="contributions.organisation",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "saved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "name"), name="saved_mapping_name_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="saved_mapping_has_name",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StagedImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "uploaded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        verbose_name="uploaded",
                    ),
                ),
                ("file_name", models.CharField(max_length=200, verbose_name="file")),
                ("file_sha256", models.CharField(max_length=64)),
                ("size_bytes", models.BigIntegerField(verbose_name="size (bytes)")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("staged", "not committed yet"),
                            ("committed", "committed"),
                            ("discarded", "discarded"),
                        ],
                        default="staged",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("plan", models.JSONField(blank=True, null=True)),
                (
                    "worker_status",
                    models.CharField(
                        choices=[
                            ("employee", "employee"),
                            ("freelancer", "freelancer"),
                            ("crowd", "crowdworker"),
                            ("agency", "agency worker"),
                            ("intern", "intern"),
                            ("volunteer", "volunteer"),
                            ("user", "user"),
                        ],
                        default="crowd",
                        max_length=12,
                        verbose_name="how new workers are engaged",
                    ),
                ),
                (
                    "evidence_grade",
                    models.CharField(
                        choices=[
                            ("A", "A: system log with hash"),
                            ("B", "B: export of a tool"),
                            ("C", "C: confirmed by another person"),
                            ("D", "D: declared only"),
                        ],
                        default="B",
                        max_length=1,
                        verbose_name="evidence",
                    ),
                ),
                ("effect", models.JSONField(blank=True, null=True)),
                (
                    "batch",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="staged",
                        to="contributions.importbatch",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="staged_imports",
                        to="contributions.organisation",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contributions.product",
                    ),
                ),
                (
                    "review_task_type",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contributions.tasktype",
                    ),
                ),
                (
                    "task_type",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contributions.tasktype",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["staged", "committed", "discarded"])),
                        name="staged_import_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("batch__isnull", False), ("state", "committed")),
                            models.Q(
                                models.Q(("state", "committed"), _negated=True), ("batch", None)
                            ),
                            _connector="OR",
                        ),
                        name="staged_import_committed_has_batch",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("size_bytes__gte", 0)),
                        name="staged_import_size_not_negative",
                    ),
                ],
            },
        ),
    ]

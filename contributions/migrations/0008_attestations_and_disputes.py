"""Let others confirm, object and dispute; say who is one person, and seal who they are."""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from contributions.append_only import guard, unguard

TABLES = (
    "attestation",
    "dispute",
    "disputemessage",
    "disputedecision",
    "workerchange",
    "sealedidentity",
    "erasure",
    "identityaccess",
)

# Four eyes: whoever opened a case cannot decide it, they can only withdraw it.
CREATE_DECISION_CHECK = """
CREATE FUNCTION huisu_check_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.outcome <> 'withdrawn' AND EXISTS (
        SELECT 1 FROM contributions_dispute d
        WHERE d.id = NEW.dispute_id AND d.opened_by_id = NEW.decided_by_id
    ) THEN
        RAISE EXCEPTION 'whoever opened a dispute does not decide it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'dispute_decided_by_another',
                  TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dispute_decision_checked BEFORE INSERT ON contributions_disputedecision
    FOR EACH ROW EXECUTE FUNCTION huisu_check_decision();
ALTER TABLE contributions_disputedecision ENABLE ALWAYS TRIGGER dispute_decision_checked;
"""
DROP_DECISION_CHECK = """
DROP TRIGGER dispute_decision_checked ON contributions_disputedecision;
DROP FUNCTION huisu_check_decision();
"""


class Migration(migrations.Migration):
    """What is said about records, and who workers are."""

    dependencies = [("contributions", "0007_import_progress")]

    operations = [
        migrations.CreateModel(
            name="Attestation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "stance",
                    models.CharField(
                        choices=[
                            ("confirms", "confirms"),
                            ("objects", "objects"),
                            ("silent", "takes it back"),
                        ],
                        max_length=8,
                        verbose_name="stance",
                    ),
                ),
                ("comment", models.CharField(blank=True, max_length=1000, verbose_name="comment")),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="made"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("grounds", models.CharField(max_length=2000, verbose_name="grounds")),
                (
                    "contested_ppm",
                    models.IntegerField(
                        blank=True, null=True, verbose_name="contested share (ppm)"
                    ),
                ),
                (
                    "contested_seconds",
                    models.IntegerField(blank=True, null=True, verbose_name="contested time (s)"),
                ),
                ("due_on", models.DateField(verbose_name="to be decided by")),
                (
                    "opened_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="opened"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="DisputeDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("upheld", "upheld"),
                            ("partly", "upheld in part"),
                            ("rejected", "dismissed"),
                            ("withdrawn", "withdrawn"),
                        ],
                        max_length=9,
                        verbose_name="outcome",
                    ),
                ),
                ("reason", models.CharField(max_length=450, verbose_name="reason")),
                (
                    "decided_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="decided"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="DisputeMessage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("message", "message"), ("overdue", "deadline passed")],
                        default="message",
                        max_length=7,
                        verbose_name="kind",
                    ),
                ),
                ("text", models.CharField(blank=True, max_length=4000, verbose_name="message")),
                (
                    "written_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="written"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                (
                    "erased_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="erased"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="IdentityAccess",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("wrote", "wrote the name"),
                            ("read", "read the name"),
                            ("exported", "exported all personal data"),
                            ("erased", "erased the person"),
                        ],
                        max_length=8,
                        verbose_name="act",
                    ),
                ),
                ("purpose", models.CharField(blank=True, max_length=500, verbose_name="purpose")),
                (
                    "accessed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="when"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "identity accesses",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="IdentityKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("wrapped", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="SealedIdentity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sealed", models.TextField()),
                (
                    "sealed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "verbose_name_plural": "sealed identities",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="WorkerChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("merged", "merged"), ("parted", "parted")],
                        max_length=6,
                        verbose_name="kind",
                    ),
                ),
                ("reason", models.CharField(max_length=500, verbose_name="reason")),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="made"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="worker",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="absorbed",
                to="contributions.worker",
            ),
        ),
        migrations.AddIndex(
            model_name="contribution",
            index=models.Index(
                condition=models.Q(("supersedes__isnull", False)),
                fields=["supersedes"],
                name="contribution_corrections",
            ),
        ),
        migrations.AddConstraint(
            model_name="worker",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into", None),
                    models.Q(("merged_into", models.F("id")), _negated=True),
                    _connector="OR",
                ),
                name="worker_not_merged_into_itself",
            ),
        ),
        migrations.AddField(
            model_name="attestation",
            name="contribution",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attestations",
                to="contributions.contribution",
            ),
        ),
        migrations.AddField(
            model_name="attestation",
            name="made_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="attestation",
            name="organisation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attestations",
                to="contributions.organisation",
            ),
        ),
        migrations.AddField(
            model_name="attestation",
            name="worker",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attestations",
                to="contributions.worker",
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="contribution",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="disputes",
                to="contributions.contribution",
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="opened_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="organisation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="disputes",
                to="contributions.organisation",
            ),
        ),
        migrations.AddField(
            model_name="dispute",
            name="worker",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="disputes",
                to="contributions.worker",
            ),
        ),
        migrations.AddField(
            model_name="disputedecision",
            name="correction",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decided_by",
                to="contributions.contribution",
            ),
        ),
        migrations.AddField(
            model_name="disputedecision",
            name="decided_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="disputedecision",
            name="dispute",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decision",
                to="contributions.dispute",
            ),
        ),
        migrations.AddField(
            model_name="disputedecision",
            name="organisation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contributions.organisation",
            ),
        ),
        migrations.AddField(
            model_name="disputemessage",
            name="dispute",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="contributions.dispute",
            ),
        ),
        migrations.AddField(
            model_name="disputemessage",
            name="organisation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contributions.organisation",
            ),
        ),
        migrations.AddField(
            model_name="disputemessage",
            name="worker",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contributions.worker",
            ),
        ),
        migrations.AddField(
            model_name="disputemessage",
            name="written_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="erased_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="worker",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="erasure",
                to="contributions.worker",
            ),
        ),
        migrations.AddField(
            model_name="identityaccess",
            name="accessed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="identityaccess",
            name="worker",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="accesses",
                to="contributions.worker",
            ),
        ),
        migrations.AddField(
            model_name="identitykey",
            name="worker",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="identity_key",
                to="contributions.worker",
            ),
        ),
        migrations.AddField(
            model_name="sealedidentity",
            name="sealed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="sealedidentity",
            name="worker",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="identities",
                to="contributions.worker",
            ),
        ),
        migrations.AddField(
            model_name="workerchange",
            name="into",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contributions.worker",
            ),
        ),
        migrations.AddField(
            model_name="workerchange",
            name="made_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="workerchange",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="contributions.organisation",
            ),
        ),
        migrations.AddField(
            model_name="workerchange",
            name="worker",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="changes",
                to="contributions.worker",
            ),
        ),
        migrations.AddIndex(
            model_name="attestation",
            index=models.Index(fields=["contribution", "id"], name="attestation_of_record"),
        ),
        migrations.AddConstraint(
            model_name="attestation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("organisation", None), ("worker__isnull", False)),
                    models.Q(("organisation__isnull", False), ("worker", None)),
                    _connector="OR",
                ),
                name="attestation_by_one_party",
            ),
        ),
        migrations.AddConstraint(
            model_name="attestation",
            constraint=models.CheckConstraint(
                condition=models.Q(("stance__in", ["confirms", "objects", "silent"])),
                name="attestation_stance_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="attestation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("stance", "objects"), _negated=True),
                    models.Q(("comment", ""), _negated=True),
                    _connector="OR",
                ),
                name="attestation_objection_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("organisation", None), ("worker__isnull", False)),
                    models.Q(("organisation__isnull", False), ("worker", None)),
                    _connector="OR",
                ),
                name="dispute_by_one_party",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("contested_ppm__gt", 0),
                        ("contested_ppm__lte", 1000000),
                        ("contested_seconds", None),
                    ),
                    models.Q(("contested_ppm", None), ("contested_seconds__gt", 0)),
                    _connector="OR",
                ),
                name="dispute_contests_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(("grounds", ""), _negated=True), name="dispute_has_grounds"
            ),
        ),
        migrations.AddConstraint(
            model_name="disputedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("correction__isnull", False), ("outcome__in", ["upheld", "partly"])),
                    models.Q(("correction", None), ("outcome__in", ["rejected", "withdrawn"])),
                    _connector="OR",
                ),
                name="dispute_outcome_has_effect",
            ),
        ),
        migrations.AddConstraint(
            model_name="disputedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="dispute_decision_says_why"
            ),
        ),
        migrations.AddConstraint(
            model_name="disputemessage",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "overdue"),
                        ("organisation", None),
                        ("worker", None),
                        ("written_by", None),
                    ),
                    models.Q(
                        ("kind", "message"),
                        ("written_by__isnull", False),
                        models.Q(("text", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="dispute_message_says_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="disputemessage",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "overdue")),
                fields=("dispute",),
                name="dispute_overdue_noted_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="identityaccess",
            constraint=models.CheckConstraint(
                condition=models.Q(("act__in", ["wrote", "read", "exported", "erased"])),
                name="identity_access_act_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="workerchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["merged", "parted"])),
                name="worker_change_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="workerchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("worker", models.F("into")), _negated=True),
                name="worker_change_between_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="workerchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="worker_change_says_why"
            ),
        ),
        migrations.RunSQL(CREATE_DECISION_CHECK, DROP_DECISION_CHECK),
        *(
            migrations.RunSQL(guard(f"contributions_{table}"), unguard(f"contributions_{table}"))
            for table in TABLES
        ),
    ]

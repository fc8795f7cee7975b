"""Let programs in by tokens, and keep what they were answered under an idempotency key."""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contributions", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("prefix", models.CharField(max_length=8, unique=True, verbose_name="prefix")),
                ("sha256", models.CharField(max_length=64)),
                ("scopes", models.JSONField(verbose_name="scopes")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="created"
                    ),
                ),
                ("expires_at", models.DateTimeField(verbose_name="expires")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked")),
                (
                    "last_used_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="last used"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")),
                        name="api_token_hash_is_sha256",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("created_at"))),
                        name="api_token_expires_after_creation",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StoredReply",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=255, verbose_name="key")),
                ("request_sha256", models.CharField(max_length=64)),
                ("status", models.IntegerField(verbose_name="status")),
                ("content_type", models.CharField(max_length=64, verbose_name="content type")),
                ("location", models.CharField(blank=True, max_length=200, verbose_name="location")),
                ("body", models.TextField(blank=True, verbose_name="body")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "stored replies",
                "indexes": [models.Index(fields=["created_at"], name="stored_reply_age")],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "key"), name="stored_reply_once_a_key"),
                    models.CheckConstraint(
                        condition=models.Q(("status__gte", 200), ("status__lt", 300)),
                        name="stored_reply_of_success",
                    ),
                ],
            },
        ),
    ]

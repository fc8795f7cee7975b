"""What lets programs in, and what they were answered: API tokens and stored replies."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from contributions.models.identified import Identified
from contributions.models.parties import User


class ApiToken(Identified):
    """A program's key to a user's rights, limited by scopes and an end; only its hash is kept."""

    id_prefix = "tok"

    class Scope(models.TextChoices):
        """What a token lets a program do."""

        READ = "read", _("read records and results")
        RECORD = "record", _("record labour, products and lineage")
        ACCOUNT = "account", _("enter money and compute runs")
        AGREE = "agree", _("propose and ratify policies")

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("prefix"), max_length=8, unique=True)
    sha256 = models.CharField(max_length=64)
    scopes = models.JSONField(_("scopes"))
    created_at = models.DateTimeField(_("created"), db_default=Now())
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="api_token_hash_is_sha256", condition=Q(sha256__regex="^[0-9a-f]{64}$")
            ),
            models.CheckConstraint(
                name="api_token_expires_after_creation",
                condition=Q(expires_at__gt=models.F("created_at")),
            ),
        ]


class StoredReply(models.Model):
    """The answer to a request that carried an idempotency key, written with its effect."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(_("key"), max_length=255)
    request_sha256 = models.CharField(max_length=64)
    status = models.IntegerField(_("status"))
    content_type = models.CharField(_("content type"), max_length=64)
    location = models.CharField(_("location"), max_length=200, blank=True)
    body = models.TextField(_("body"), blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "stored replies"
        indexes = [models.Index(name="stored_reply_age", fields=["created_at"])]
        constraints = [
            models.UniqueConstraint(name="stored_reply_once_a_key", fields=["user", "key"]),
            models.CheckConstraint(
                name="stored_reply_of_success", condition=Q(status__gte=200, status__lt=300)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.status}"

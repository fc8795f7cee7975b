"""The administration site: for repairs by superusers, and to look at every table.

Recorded labour is only looked at here: it is entered, corrected and withdrawn through the forms,
which keep the reasons. Lineage goes through the service that refuses circles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from contributions.errors import ContributionError
from contributions.models import (
    Alias,
    Attestation,
    Consent,
    Contribution,
    Dispute,
    DisputeDecision,
    DisputeMessage,
    Erasure,
    IdentityAccess,
    ImportBatch,
    Licence,
    LineageEdge,
    Membership,
    Organisation,
    Product,
    Source,
    TaskType,
    User,
    Worker,
    WorkerChange,
)
from contributions.services.lineage import add_edge

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _ModelForm = forms.ModelForm[LineageEdge]
    _TabularInline = admin.TabularInline[Any, Any]
else:
    # Generic to the type checker alone.
    _ModelAdmin = admin.ModelAdmin
    _ModelForm = forms.ModelForm
    _TabularInline = admin.TabularInline


class ReadOnlyAdmin(_ModelAdmin):
    """Rows that nobody changes here."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Refuse to everybody."""
        return False

    def has_change_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: Any = None,  # noqa: ARG002
    ) -> bool:
        """Refuse to everybody."""
        return False

    def has_delete_permission(
        self,
        request: HttpRequest,  # noqa: ARG002
        obj: Any = None,  # noqa: ARG002
    ) -> bool:
        """Refuse to everybody."""
        return False


class EdgeAdminForm(_ModelForm):
    """Lineage as the service takes it."""

    class Meta:
        model = LineageEdge
        fields = (
            "upstream",
            "downstream",
            "relation",
            "transfer_ppm",
            "machine_ppm",
            "evidence",
            "assumed",
        )

    def clean(self) -> dict[str, Any]:
        """Ask the database whether it would take the edge, and take the answer back.

        Raises:
            ValidationError: It would close a circle or pass on more than the whole.
        """
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        trial = LineageEdge(pk=self.instance.pk, **cleaned)
        trial._state.adding = self.instance.pk is None
        with transaction.atomic():
            try:
                add_edge(edge=trial)
            except ContributionError as error:
                name = error.pointer.removeprefix("/")
                raise ValidationError({name: str(error)}) from error
            transaction.set_rollback(True)
        return cleaned


class MembershipInline(_TabularInline):
    """Members of an organisation."""

    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Organisation)
class OrganisationAdmin(_ModelAdmin):
    """Organisations with their members."""

    list_display = ("name", "kind", "country", "nature")
    list_filter = ("kind", "nature")
    search_fields = ("name",)
    inlines = (MembershipInline,)


@admin.register(Worker)
class WorkerAdmin(_ModelAdmin):
    """Workers by pseudonym."""

    list_display = ("pseudonym", "public_id", "status", "country")
    list_filter = ("status",)
    search_fields = ("pseudonym",)
    autocomplete_fields = ("user",)
    # Merging is a logged act of its own.
    readonly_fields = ("merged_into",)


@admin.register(Product)
class ProductAdmin(_ModelAdmin):
    """Product versions."""

    list_display = ("name", "version", "kind", "operator", "public")
    list_filter = ("kind", "public")
    search_fields = ("name", "version")
    autocomplete_fields = ("operator",)


@admin.register(LineageEdge)
class LineageEdgeAdmin(_ModelAdmin):
    """Lineage."""

    form = EdgeAdminForm
    list_display = ("upstream", "downstream", "relation", "transfer_ppm", "assumed")
    list_select_related = ("upstream", "downstream")
    autocomplete_fields = ("upstream", "downstream")


@admin.register(Licence)
class LicenceAdmin(_ModelAdmin):
    """Licences."""

    list_display = ("product", "licensee", "scope", "starts_on", "expires_on", "revoked_on")
    list_select_related = ("product", "licensee")
    autocomplete_fields = ("product", "licensee")


@admin.register(TaskType)
class TaskTypeAdmin(_ModelAdmin):
    """The catalogue of task types."""

    list_display = ("code", "name", "name_zh", "labour_type", "phase", "unit")
    list_filter = ("labour_type", "phase")
    search_fields = ("code", "name", "name_zh")
    autocomplete_fields = ("parent",)


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    """Consent, which only the worker gives and takes back."""

    list_display = ("worker", "organisation", "granted_at", "withdrawn_at")
    list_select_related = ("worker", "organisation")


@admin.register(Contribution)
class ContributionAdmin(ReadOnlyAdmin):
    """Recorded labour, to look at."""

    list_display = ("public_id", "worker", "product", "task_type", "occurred_on", "revision")
    list_filter = ("outcome", "time_basis", "evidence_grade", "withdrawn")
    list_select_related = ("worker", "product", "task_type")
    search_fields = ("external_id", "worker__pseudonym")
    date_hierarchy = "occurred_on"
    show_full_result_count = False


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnlyAdmin):
    """Imports, to look at."""

    list_display = ("public_id", "source", "state", "file_name", "rows_recorded", "committed_at")
    list_select_related = ("source",)


admin.site.register(User, UserAdmin)
admin.site.register(Source, ReadOnlyAdmin)
admin.site.register(Alias, ReadOnlyAdmin)
# Sealed identities and their keys have no place here: reading a name leaves a trace.
for logged in (
    Attestation,
    Dispute,
    DisputeMessage,
    DisputeDecision,
    WorkerChange,
    Erasure,
    IdentityAccess,
):
    admin.site.register(logged, ReadOnlyAdmin)

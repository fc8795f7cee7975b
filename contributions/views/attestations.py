"""Confirming records and objecting to them: one by one, or all that the facets keep."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from contributions import formatting
from contributions.errors import ContributionError
from contributions.forms.attestations import AttestationForm
from contributions.models import Attestation, Contribution
from contributions.services.attesting import Standing, attest, attest_many
from contributions.services.speaking import SIGNING, voices, voices_for_many
from contributions.views.access import SignedInRequest, find, require, sees_rows, signed_in
from contributions.views.pages import query_of, refuse, trail
from contributions.views.records import facets_of, kept_by
from contributions.views.tables import Cell, Empty, Table, columns

STANCE_STATES = {
    Attestation.Stance.CONFIRMS: "good",
    Attestation.Stance.OBJECTS: "bad",
    Attestation.Stance.SILENT: "",
}


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: SignedInRequest, record_id: str) -> HttpResponse:
    """Confirm one record or object to it."""
    rows = Contribution.objects.visible_to(request.user).select_related(
        "worker", "product", "source"
    )
    record = find(rows, record_id)
    speakers = voices(user=request.user, record=record, roles=SIGNING)
    require(speakers)
    form = AttestationForm(request.POST or None, voices=speakers)
    url = reverse("contribution", args=[record.public_id])
    if form.is_valid():
        try:
            attest(
                record=record,
                voice=form.voice(),
                stance=form.cleaned_data["stance"],
                comment=form.cleaned_data["comment"],
            )
        except (ContributionError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _("What you say stands with the record."))
            return redirect("contribution", record.public_id)
    title = _("Confirm or object")
    context = {
        "breadcrumb": trail(
            (_("Home"), "/"),
            (_("Contributions"), reverse("contributions")),
            (record.public_id, url),
            (title, ""),
        ),
        "title": title,
        "lead": _("%(worker)s, %(day)s, %(product)s")
        % {
            "worker": record.worker.pseudonym,
            "day": formatting.day(record.occurred_on),
            "product": record.product,
        },
        "form": form,
        "submit": _("Say so"),
        "cancel_url": url,
    }
    return render(request, "contributions/form_page.html", context)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def many(request: SignedInRequest) -> HttpResponse:
    """Confirm all records that the facets of the address keep, or object to them."""
    require(sees_rows(request.user))
    speakers = voices_for_many(user=request.user, roles=SIGNING)
    require(speakers)
    rows = kept_by(facets_of(request), request.user)
    form = AttestationForm(request.POST or None, voices=speakers)
    back = f"{reverse('contributions')}?{urlencode(query_of(request))}"
    if form.is_valid():
        try:
            made = attest_many(
                records=rows,
                voice=form.voice(),
                stance=form.cleaned_data["stance"],
                comment=form.cleaned_data["comment"],
            )
        except (ContributionError, ValidationError) as error:
            refuse(form, error)
        else:
            messages.success(request, _told(made))
            return redirect(back)
    count = rows.count()
    text = ngettext(
        "This speaks of %(count)s record, as far as it concerns the party you speak for.",
        "This speaks of %(count)s records, as far as they concern the party you speak for.",
        count,
    )
    title = _("Confirm or object to all of these")
    context = {
        "breadcrumb": trail((_("Home"), "/"), (_("Contributions"), back), (title, "")),
        "title": title,
        "lead": text % {"count": formatting.number(count)},
        "form": form,
        "submit": _("Say so of all of them"),
        "cancel_url": back,
    }
    return render(request, "contributions/form_page.html", context)


def attestations_table(record: Contribution) -> Table:
    """Return what was said of this version of a record, newest first."""
    said = record.attestations.select_related("organisation", "worker").order_by("-pk")
    return Table(
        caption=_("What others say"),
        columns=columns(_("Who"), _("Says"), _("Comment"), _("When")),
        rows=[_cells(row) for row in said],
        empty=Empty(
            _("Nobody has confirmed this record or objected to it yet"),
            _("A confirmation by somebody else makes declared work confirmed work."),
        ),
    )


def evidence_effect(record: Contribution, standing: Standing) -> str:
    """Say in a few words what others' attestations do to the evidence."""
    if standing.evidence != record.evidence_grade:
        return _("counts as C: somebody else confirmed it")
    if standing.objected:
        return _("somebody objects")
    return _("confirmed") if standing.confirmed else ""


def _cells(row: Attestation) -> list[Cell]:
    stance = Attestation.Stance(row.stance)
    return [
        Cell(str(row.organisation or row.worker)),
        Cell(row.get_stance_display(), state=STANCE_STATES[stance] or "none"),
        Cell(row.comment),
        Cell(formatting.day(row.made_at.date())),
    ]


def _told(made: int) -> str:
    return ngettext("%(count)s record is marked.", "%(count)s records are marked.", made) % {
        "count": formatting.number(made)
    }

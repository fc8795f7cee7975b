"""The page on which anybody checks a receipt, and the files that a record's holder takes along."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from contributions import formatting
from contributions.forms.receipts import ReceiptForm
from contributions.log.errors import LogError
from contributions.log.receipt import Receipt
from contributions.log.verify import check_history, check_receipt
from contributions.log.work_history import WorkHistory, is_history
from contributions.models import Contribution
from contributions.services import checkpoints, log_key, proving, receipts, transparency
from contributions.services.logged import LABOUR
from contributions.views.access import SignedInRequest, find, signed_in
from contributions.views.pages import trail
from contributions.views.tables import Fact, Notice


@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Show the signed state of the log, and check the receipt that is handed in."""
    form = ReceiptForm(request.POST or None, request.FILES or None)
    verdict: Notice | None = None
    sentences: list[str] = []
    if form.is_valid():
        verdict, sentences = _checked(form.text(), form.cleaned_data["record"])
    context = {
        "breadcrumb": trail((_("Home"), "/"), (_("Verify"), "")),
        "facts": _facts(),
        "form": form,
        "verdict": verdict,
        "sentences": sentences,
    }
    return render(request, "contributions/verify.html", context)


@signed_in
@require_safe
def receipt(request: SignedInRequest, record_id: str) -> HttpResponse:
    """Hand out the receipt of a record: its place in the log and the proof of it."""
    record = find(Contribution.objects.visible_to(request.user), record_id)
    try:
        issued = receipts.receipt_for(table=LABOUR, number=record.pk)
    except LogError as error:
        context = {
            "breadcrumb": trail((_("Home"), "/"), (_("Verify"), reverse("verify"))),
            "facts": _facts(),
            "form": ReceiptForm(),
            "verdict": Notice("error", str(error), _("There is no receipt for this record")),
            "sentences": [],
        }
        return render(request, "contributions/verify.html", context, status=409)
    return _file(str(issued), f"{record.public_id}.receipt.json")


@signed_in
@require_safe
def content(request: SignedInRequest, record_id: str) -> HttpResponse:
    """Hand out the bytes of a record that its leaf commits to, to check beside the receipt."""
    record = find(Contribution.objects.visible_to(request.user), record_id)
    return _file(LABOUR.content(record.pk), f"{record.public_id}.json")


def _file(body: str | bytes, name: str) -> HttpResponse:
    return HttpResponse(
        body,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _checked(text: str, record: bytes | None) -> tuple[Notice, list[str]]:
    """Return the verdict on a receipt or work history, and what it rests on."""
    if is_history(text):
        return _checked_history(text)
    try:
        key = log_key.signer().verifier
        found = check_receipt(Receipt.parse(text), keys=[key], witnesses=[], record=record)
    except LogError as error:
        return Notice("error", str(error), _("The receipt does not hold")), []
    return Notice("success", _("The record is in this log."), _("The receipt holds")), found


def _checked_history(text: str) -> tuple[Notice, list[str]]:
    try:
        found = check_history(WorkHistory.parse(text), keys=[log_key.signer().verifier])
    except LogError as error:
        return Notice("error", str(error), _("The work history does not hold")), []
    title = _("The work history holds")
    return Notice("success", _("It is as this log signed it."), title), found


def _facts() -> list[Fact]:
    newest = checkpoints.newest()
    try:
        key = str(log_key.signer().verifier)
    except LogError as error:
        key = str(error)
    facts = [
        Fact(_("Leaves in the log"), formatting.number(transparency.head())),
        _outcome(),
    ]
    if newest is None:
        return [*facts, Fact(_("Newest checkpoint"), _("nothing is signed yet"))]
    return [
        *facts,
        Fact(
            _("Newest checkpoint"),
            _("%(size)s leaves") % {"size": formatting.number(newest.size)},
            reverse("log-checkpoint"),
            _("signed on %(day)s") % {"day": formatting.day(newest.signed_at.date())},
        ),
        Fact(_("Key of the log"), hash=key),
    ]


def _outcome() -> Fact:
    label = _("All rows compared with the log")
    kept = proving.kept_outcome()
    if kept is None:
        return Fact(label, _("not yet"))
    on = _("on %(day)s") % {"day": formatting.day(kept.proven_at.date())}
    if kept.clean:
        return Fact(label, _("every row is what was logged"), detail=on)
    return Fact(label, _("differences were found; the operator knows which"), detail=on)

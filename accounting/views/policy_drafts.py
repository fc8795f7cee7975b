"""Drafting a policy: as a form from a preset or an earlier policy, or as a document."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounting.core.errors import AccountingError
from accounting.forms.policies import PolicyForm, complete_preset
from accounting.forms.policies_document import DocumentForm
from accounting.models import Policy
from accounting.services import policies as agreements
from accounting.services.visibility import visible_policies
from accounting.views.access import Reader, SignedInRequest, find, reader_of, signed_in
from accounting.views.policies import operators_to_draft_for
from accounting.views.policy_words import BETA_WARNING_PPM, complete
from contributions.views.tables import Link

FIRST_PRESET = "value-model"


@require_http_methods(["GET", "POST"])
@signed_in
def draft(request: SignedInRequest) -> HttpResponse:
    """Draft a policy field by field; what was typed stays on the form until it is right."""
    reader = reader_of(request)
    operators = _operators(reader)
    source, document = _start(reader, request.GET.get("from", FIRST_PRESET))
    form = PolicyForm(
        request.POST or None,
        document=document,
        operators=operators,
        operator=source.operator if source else operators.first(),
        based_on=source,
    )
    more = request.POST.get("more", "")
    if more:
        form = _with_another_row(form, request, more)
    elif request.method == "POST" and form.is_valid():
        made = form.save(created_by=request.user)
        if made is not None:
            return _stored(request, made)
    errors = [] if more or request.method == "GET" else form.errors
    context = {
        "form": form,
        "errors": errors,
        "source": source,
        "starts": _starts(request.GET.get("from", FIRST_PRESET)),
        "breadcrumb": _trail(_("Draft a policy")),
    }
    return render(request, "accounting/policies/draft.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "POST"])
@signed_in
def draft_document(request: SignedInRequest) -> HttpResponse:
    """Draft a policy from a whole document, pasted or as a file."""
    operators = _operators(reader_of(request))
    form = DocumentForm(request.POST or None, request.FILES or None, operators=operators)
    if request.method == "POST" and form.is_valid():
        try:
            made = agreements.draft_policy(
                operator=form.cleaned_data["operator"],
                document=form.found,
                created_by=request.user,
            )
        except AccountingError as error:
            pointer = getattr(error, "pointer", "")
            form.add_error("document", f"{error} ({pointer})" if pointer else str(error))
        else:
            return _stored(request, made)
    context = {"form": form, "breadcrumb": _trail(_("Draft from a document"))}
    status = 422 if form.errors else 200
    return render(request, "accounting/policies/draft_document.html", context, status=status)


@require_GET
@signed_in
def document(request: SignedInRequest, policy_id: str) -> HttpResponse:
    """Answer a policy's document as a file, just as it is hashed but for spaces."""
    found = find(visible_policies(request.user), policy_id)
    response = JsonResponse(
        found.document, json_dumps_params={"indent": 2, "ensure_ascii": False, "sort_keys": True}
    )
    response["Content-Disposition"] = f'attachment; filename="{found.public_id}.json"'
    return response


def _stored(request: SignedInRequest, made: Policy) -> HttpResponse:
    """Say that the draft is stored, and warn of a β at which scores get arbitrary."""
    messages.success(request, _("The draft is stored. Propose it when it is ready."))
    if made.document["blend_beta_ppm"] > BETA_WARNING_PPM:
        messages.warning(
            request,
            _(
                "Its β is above 30 %: scores of data value can be arbitrary and gamed, and change "
                "when data are split among aliases."
            ),
        )
    return HttpResponseRedirect(reverse("policy", args=[made.public_id]))


def _operators(reader: Reader) -> Any:
    operators = operators_to_draft_for(reader)
    if not operators.exists():
        raise Http404
    return operators


def _start(reader: Reader, name: str) -> tuple[Policy | None, dict[str, Any]]:
    """Return what a draft starts from: a policy that the reader sees, or a preset."""
    if name in agreements.preset_names():
        return None, complete_preset(name)
    source = find(visible_policies(reader.user), name)
    return source, complete(source.document)


def _starts(current: str) -> list[Link]:
    address = reverse("policy-new")
    return [
        Link(name, f"{address}?from={name}", name == current) for name in agreements.preset_names()
    ]


def _with_another_row(form: PolicyForm, request: SignedInRequest, rows: str) -> PolicyForm:
    """Return the form as it was sent with one more empty row, unchecked."""
    sent = request.POST.copy()
    key = f"{rows}-TOTAL_FORMS"
    count = str(sent.get(key, ""))
    if rows in {"pools", "skills"} and count.isascii() and count.isdigit() and len(count) < 4:
        sent[key] = str(int(count) + 1)
    return form.unchecked(sent)


def _trail(title: str) -> list[Link]:
    return [
        Link(_("Home"), reverse("home")),
        Link(_("Policies"), reverse("policies")),
        Link(title, ""),
    ]

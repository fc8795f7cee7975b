"""Valuations to read: the list, one of them at any step, and its progress."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounting.forms.valuations import DataForm, ValidationForm
from accounting.models import Policy, Valuation
from accounting.models.valuation import valuations_in_use
from accounting.services.valuation_progress import progress_of
from accounting.views import downloads, links, notices
from accounting.views.access import Reader, SignedInRequest, reader_of, signed_in
from accounting.views.valuations import figures, tables
from accounting.views.valuations.finding import (
    find_valuation,
    may_change,
    products_to_value,
    trail,
    valuation_url,
)
from accounting.views.valuations.refusals import failure_of
from accounting.views.valuations.words import (
    figure,
    method_name,
    time_left,
    title_of,
    valuation_tag,
)
from contributions.formatting import factor, share
from contributions.formatting import number as whole_number
from contributions.views.tables import Card, Fact

MOST_VALUATIONS = 100
PPM = 1_000_000


@require_safe
@signed_in
def valuations(request: SignedInRequest) -> HttpResponse:
    """List the valuations that the reader may see, newest first."""
    rows = Valuation.objects.visible_to(request.user).select_related("product")
    may_ask = products_to_value(reader_of(request)).exists()
    context = {
        "breadcrumb": trail(),
        "may_ask": may_ask,
        "table": tables.valuations_table(list(rows.distinct()[:MOST_VALUATIONS]), may_ask=may_ask),
    }
    return render(request, "accounting/valuations/list.html", context)


@require_safe
@signed_in
def valuation(request: SignedInRequest, valuation_id: str) -> HttpResponse:
    """Show a valuation: the step it waits for, its progress, or what it found out."""
    found = find_valuation(request, valuation_id)
    return render(request, "accounting/valuations/valuation.html", page_of(request, found))


@require_safe
@signed_in
def progress(request: SignedInRequest, valuation_id: str) -> HttpResponse:
    """Answer the progress alone; once the valuation is finished, the page loads anew."""
    found = find_valuation(request, valuation_id)
    context = {"progress": progress_part(found)}
    response = render(request, "accounting/run_progress.html", context)
    if not found.is_running:
        response["HX-Refresh"] = "true"
    return response


@require_safe
@signed_in
def scores(request: SignedInRequest, valuation_id: str) -> StreamingHttpResponse:
    """Answer the scores that the reader may see one by one, as CSV.

    Raises:
        Http404: There are none yet.
    """
    found = find_valuation(request, valuation_id)
    if found.state != Valuation.State.COMPUTED:
        raise Http404(valuation_id)
    rows = (
        {
            "contribution": row.contribution.public_id,
            "worker": row.contribution.worker.public_id,
            "score_ppb": row.score_ppb,
            "error_ppb": "" if row.error_ppb is None else row.error_ppb,
            "other_level_ppb": "" if row.other_ppb is None else row.other_ppb,
        }
        for row in tables.scores_visible_to(found, request.user).iterator(chunk_size=2_000)
    )
    return downloads.answer("csv", rows, name=found.public_id)


def page_of(request: SignedInRequest, found: Valuation, **more: Any) -> dict[str, Any]:
    """Return what the page of a valuation shows, with forms as they were filled in."""
    reader = reader_of(request)
    context: dict[str, Any] = {
        "valuation": found,
        "title": title_of(found),
        "method": method_name(found),
        "tag": valuation_tag(found),
        "notices": notices.of_operator(found.product.operator),
        "breadcrumb": trail(found),
        "facts": _facts(found),
        "utility": _utility(found),
        "may_change": may_change(reader, found),
        "progress": progress_part(found) if found.is_running else None,
        "failure": failure_of(found),
    }
    if context["may_change"]:
        context |= {
            "data_form": DataForm(source=found.source),
            "validation_form": ValidationForm(),
        }
    if found.duplicates:
        context |= {
            "duplicates": found.duplicates,
            "copies": tables.copies_table(found) if context["may_change"] else None,
        }
    if found.state == Valuation.State.COMPUTED:
        context |= _result(found, reader)
    return context | more


def progress_part(found: Valuation) -> dict[str, Any]:
    """Return what the progress component takes."""
    so_far = progress_of(found)
    return {
        "id": "valuation-progress",
        "label": _("Computing"),
        "done": so_far.done,
        "total": so_far.total,
        "text": time_left(so_far),
        "poll_url": valuation_url(found, "valuation-progress") if found.is_running else "",
    }


def _facts(found: Valuation) -> list[Fact]:
    facts = [
        Fact(_("Product"), str(found.product), links.product_url(found.product_id)),
        Fact(_("Method"), method_name(found)),
        Fact(_("Pays by"), str(found.get_level_display())),
    ]
    data = found.inputs.get("data", {})
    for name, label in (
        ("rows", _("Points")),
        ("features", _("Features")),
        ("players", _("Players")),
        ("contributions", _("Contributions")),
        ("workers", _("People")),
    ):
        if name in data:
            facts.append(Fact(label, whole_number(data[name])))
    for name, text in found.provenance.items():
        facts.append(Fact(_PROVENANCE.get(name, name), text))
    if found.finished_at:
        facts.append(Fact(_("Finished"), f"{found.finished_at:%Y-%m-%d %H:%M:%S} UTC"))
    return facts


def _utility(found: Valuation) -> list[Fact]:
    if not found.utility_sha256:
        return []
    facts = [Fact(_("Utility"), hash=found.utility_sha256)]
    if found.frozen_at:
        facts.append(Fact(_("Frozen"), f"{found.frozen_at:%Y-%m-%d %H:%M:%S} UTC"))
    parameters = found.parameters
    if parameters.get("embedding"):
        facts.append(Fact(_("Features, or metric"), parameters["embedding"]))
    if found.utility.get("game", {}).get("k"):
        facts.append(Fact(_("Neighbours K"), str(found.utility["game"]["k"])))
    facts.append(Fact(_("Seed"), str(found.seed)))
    for name, label in (("validation", _("Validation set")), ("data", _("Data"))):
        if name in found.inputs:
            stored = found.inputs[name]
            facts.append(Fact(label, stored["name"], hash=stored["sha256"]))
    if found.result_sha256:
        facts.append(Fact(_("Result"), hash=found.result_sha256))
    return facts


def _result(found: Valuation, reader: Reader) -> dict[str, Any]:
    policy = Policy.objects.filter(
        operator=found.product.operator_id, state=Policy.State.IN_FORCE
    ).first()
    in_use = valuations_in_use([found.product_id]).get(found.product_id) == found.pk
    return {
        "cards": _cards(found),
        "people_figure": figures.people_figure(found, reader.user),
        "people": tables.people_table(found, reader.user),
        "contributions": tables.contributions_table(found, reader.user),
        "curves": figures.curves_figure(found),
        "agreement": _agreement(found),
        "levels": _levels(found),
        "in_use": in_use,
        "policy": policy,
        "policy_url": reverse("policy", args=[policy.public_id]) if policy else "",
        "policy_beta": factor(policy.document["blend_beta_ppm"]) if policy else "",
        "policy_follows": policy is not None
        and any(pool.get("key") == "blend" for pool in policy.document["pools"]),
        "effective_beta": _effective(found, policy),
    }


def _effective(found: Valuation, policy: Policy | None) -> str:
    if policy is None:
        return ""
    beta = int(policy.document["blend_beta_ppm"]) * max(0, found.reliability_ppm) // PPM
    return factor(beta)


def _cards(found: Valuation) -> list[Card]:
    findings = found.findings
    whole, baseline = findings.get("whole"), findings.get("baseline")
    cards = []
    if whole is not None:
        cards.append(Card(_("Utility of all data"), figure(whole), "#removal"))
    if baseline is not None:
        cards.append(
            Card(
                _("Utility of no data"),
                figure(baseline),
                "#utility",
                text=_("the baseline, a choice made before the data were seen"),
            )
        )
    agreement = factor(found.reliability_ppm) if found.runs_count else _("not known")
    cards.append(
        Card(_("Agreement of runs"), agreement, "#stability", text=_("it scales β in pay"))
    )
    gap = findings.get("facts", {}).get("gap")
    if gap is not None:
        cards.append(
            Card(
                _("Efficiency gap"),
                f"{gap:.1e}",
                "#stability",
                text=_("values less what the data add; zero but for rounding"),
            )
        )
    return cards


def _agreement(found: Valuation) -> list[Fact]:
    known = found.findings.get("agreement", {})
    if not known:
        return []
    return [
        Fact(_("Runs compared"), str(known["runs"])),
        Fact(_("Mean rank correlation"), figure(known["mean"])),
        Fact(_("Of the pair that agrees least"), figure(known["lowest"])),
        Fact(_("Independent samples behind each value"), str(found.findings["samples"])),
    ]


def _levels(found: Valuation) -> list[Fact]:
    facts = found.findings.get("facts", {})
    if "levels_moved" not in facts:
        return []
    return [
        Fact(
            _("Part of the money that changes hands between the levels"),
            share(round(facts["levels_moved"] * PPM)),
        ),
        Fact(_("Rank correlation of the levels"), figure(facts["levels_correlation"])),
    ]


_PROVENANCE = {
    "tool": gettext_lazy("Tool"),
    "version": gettext_lazy("Version"),
    "note": gettext_lazy("How it came about"),
}

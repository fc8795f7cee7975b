"""One worker: own history across tools, hours by time basis, where the work went, and consent."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from contributions import formatting
from contributions.errors import ContributionError
from contributions.forms.names import capital
from contributions.forms.parties import ConsentForm
from contributions.identifiers import public_id
from contributions.models import (
    Consent,
    Contribution,
    Membership,
    Organisation,
    Product,
    Worker,
)
from contributions.models.labour import ContributionQuerySet
from contributions.services.identities import keeps_identity
from contributions.services.parties import grant_consent, withdraw_consent
from contributions.services.products import later_products
from contributions.services.visibility import visible_products, visible_workers
from contributions.views import labour_rows, worker_data
from contributions.views.access import SignedInRequest, find, may_record, require, signed_in
from contributions.views.labour_rows import UNKNOWN
from contributions.views.pages import trail
from contributions.views.tables import Cell, Empty, Fact, Link, Table, columns, number


@signed_in
@require_safe
def worker(request: SignedInRequest, worker_id: str) -> HttpResponse:
    """Show one worker's records, as far as the reader may see them."""
    row = find(visible_workers(request.user), worker_id)
    work = Contribution.objects.visible_to(request.user).current().of_person(row)
    own = row.user_id == request.user.pk
    keeps = keeps_identity(request.user, row)
    context = {
        "breadcrumb": trail(
            (_("Home"), "/"), (_("Workers"), reverse("workers")), (row.pseudonym, "")
        ),
        "worker": row,
        "actions": _actions(request, row),
        "facts": _facts(row),
        "hours": labour_rows.totals_table(
            labour_rows.hours_by_basis(work), empty=Empty(_("No labour is recorded yet"))
        ),
        "products": _products(work, row),
        "later": _later(request, work),
        "consents": _consents(row) if own or request.user.is_superuser else [],
        "consent_form": ConsentForm(organisations=_unions_without_consent(row)) if own else None,
        "consent_url": reverse("worker-consent", args=[row.public_id]),
        "own": own,
        "disputes": worker_data.disputes(request.user, row),
        "keeps_identity": keeps,
        "may_erase": keeps_identity(request.user, row, Membership.Role.ADMIN),
        "identity": worker_data.identity_facts(row) if keeps else [],
        "accesses": worker_data.accesses(row) if keeps else None,
        "notices": worker_data.notices(row),
    }
    return render(request, "contributions/worker.html", context)


@signed_in
@require_POST
def consent(request: SignedInRequest, worker_id: str) -> HttpResponse:
    """Let a labour organisation see one's records, or no longer."""
    row = find(visible_workers(request.user), worker_id)
    require(row.user_id == request.user.pk)
    unions = Organisation.objects.filter(kind=Organisation.Kind.LABOUR_ORGANISATION)
    form = ConsentForm(request.POST, organisations=unions)
    if not form.is_valid():
        messages.error(request, _("Choose an organisation."))
        return redirect("worker", row.public_id)
    organisation, now = form.cleaned_data["organisation"], timezone.now()
    if "withdraw" in request.POST:
        withdraw_consent(worker=row, organisation=organisation, at=now)
        messages.success(request, _("The organisation no longer sees your records."))
        return redirect("worker", row.public_id)
    try:
        grant_consent(worker=row, organisation=organisation, granted_at=now)
    except ContributionError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The organisation sees your records from now on."))
    return redirect("worker", row.public_id)


def _actions(request: SignedInRequest, row: Worker) -> list[Link]:
    query = urlencode({"worker": row.public_id})
    if request.user.pk == row.user_id and not request.user.memberships.exists():
        query = ""
    links = [Link(_("See every record"), f"{reverse('contributions')}?{query}")]
    if not may_record(request.user):
        return links
    links.append(Link(_("Record work by hand"), f"{reverse('contribution-new')}?{query}"))
    name, words = (
        ("worker-part", _("Part from the other worker"))
        if row.merged_into_id
        else ("worker-merge", _("Merge with another worker"))
    )
    return [*links, Link(words, reverse(name, args=[row.public_id]))]


def _facts(row: Worker) -> list[Fact]:
    return [
        Fact(_("Id"), row.public_id),
        Fact(_("Status"), capital(row.get_status_display())),
        Fact(_("Country"), row.country or UNKNOWN),
        Fact(_("Living-wage region"), row.wage_region or UNKNOWN),
    ]


def _products(work: ContributionQuerySet, row: Worker) -> Table:
    found = (
        work.order_by("product__name", "product__version", "product")
        .values("product", "product__name", "product__version")
        .annotate(records=Count("pk"), timed=Count("seconds"), total=Sum("seconds"))
    )
    rows = []
    for each in found:
        product_id = public_id(Product.id_prefix, each["product"])
        query = urlencode({"worker": row.public_id, "product": product_id})
        name = f"{each['product__name']} {each['product__version']}".strip()
        seconds = each["total"]
        rows.append(
            [
                Cell(name, href=reverse("product", args=[product_id])),
                number(formatting.number(each["records"]), f"{reverse('contributions')}?{query}"),
                number(formatting.number(each["records"] - each["timed"])),
                number(UNKNOWN if seconds is None else formatting.hours_of_seconds(seconds)),
            ]
        )
    return Table(
        caption=_("Work by product"),
        columns=columns(
            _("Product"), _("Records"), _("without time"), _("Known hours"), numeric=(1, 2, 3)
        ),
        rows=rows,
        empty=Empty(_("No labour is recorded yet")),
    )


def _later(request: SignedInRequest, work: ContributionQuerySet) -> Table:
    """List what was made, at any remove, with the products that the work went into."""
    own = work.order_by().values_list("product", flat=True).distinct()
    later = visible_products(request.user).filter(pk__in=later_products(own))
    return Table(
        caption=_("Products made with it"),
        columns=columns(_("Product"), _("Kind"), _("Operator")),
        rows=[
            [
                Cell(str(row), href=reverse("product", args=[row.public_id])),
                Cell(capital(row.get_kind_display())),
                Cell(row.operator.name),
            ]
            for row in later
        ],
        empty=Empty(_("No later product is recorded")),
    )


def _consents(row: Worker) -> list[Consent]:
    return list(row.consents.select_related("organisation").order_by("-granted_at"))


def _unions_without_consent(row: Worker) -> QuerySet[Organisation]:
    unions = Organisation.objects.filter(kind=Organisation.Kind.LABOUR_ORGANISATION)
    return unions.exclude(consents__in=row.consents.filter(withdrawn_at=None))

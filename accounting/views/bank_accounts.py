"""Bank accounts: where a worker is paid, and from where an operator pays."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounting.forms.payouts import PayoutAccountForm
from accounting.services.payout_accounts import current_account, keep_account, keeps_account
from accounting.views import acts
from accounting.views.access import SignedInRequest, find, signed_in
from contributions.models import Organisation, User, Worker
from contributions.services.visibility import visible_organisations, visible_workers
from contributions.views.tables import Fact


@require_http_methods(["GET", "POST"])
@signed_in
def bank_account(request: SignedInRequest, holder_id: str) -> HttpResponse:
    """Say where a worker is paid, or from where an operator pays.

    Raises:
        Http404: There is no such holder, or it is not the reader's to say.
    """
    holder = _holder(request.user, holder_id)
    form = PayoutAccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        back = reverse("accounts" if isinstance(holder, Worker) else "payouts")
        return acts.done(
            request,
            lambda: keep_account(holder=holder, details=form.details, added_by=request.user),
            said=_("The account is kept, encrypted. Payments go there from now on."),
            back=back,
        )
    kept = current_account(holder)
    ending = _("account ending in {}").format(kept.last_digits) if kept else _("none yet")
    context = {
        "title": _("Where {} is paid").format(holder)
        if isinstance(holder, Worker)
        else _("Where {} pays from").format(holder),
        "lead": _("It is kept encrypted, shown to nobody, and opened only for a bank's file."),
        "facts": [Fact(_("Present account"), ending)],
        "form": form,
        "submit": _("Keep this account"),
        "cancel_url": reverse("accounts"),
        "breadcrumb": acts.trail((_("Accounts"), reverse("accounts")), (_("Bank account"), "")),
    }
    return render(request, acts.FORM_PAGE, context, status=422 if form.errors else 200)


def _holder(user: User, text: str) -> Worker | Organisation:
    holder: Worker | Organisation = (
        find(visible_workers(user), text)
        if text.startswith(f"{Worker.id_prefix}_")
        else find(visible_organisations(user), text)
    )
    if not keeps_account(user, holder):
        raise Http404(text)
    return holder

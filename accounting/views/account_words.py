"""Accounts in words: what each kind is for, and whose an account is."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounting.models import Account, EscrowEntry
from accounting.views.words import POOL_NAMES

KINDS: dict[str, str | Promise] = {
    Account.Kind.FUNDING: gettext_lazy("What the operator puts into the pools by the policy."),
    Account.Kind.LICENCES: gettext_lazy("Fees of licences that are owed to licensed labour."),
    Account.Kind.PAYEE: gettext_lazy("What people earned and were not paid yet."),
    Account.Kind.HELD: gettext_lazy("Coins below the agreed minimum payment; they stay theirs."),
    Account.Kind.ESCROW: gettext_lazy("Money that is nobody's yet, by reason."),
    Account.Kind.COMMONS: gettext_lazy("Money for public projects."),
    Account.Kind.PAID_OUT: gettext_lazy("What banks have paid to people."),
}


def account_name(account: Account) -> str:
    """Return an account in words: whose it is, or what it is for."""
    if account.worker is not None:
        if account.kind == Account.Kind.HELD:
            return _("{worker}, held below the minimum").format(worker=account.worker.pseudonym)
        return account.worker.pseudonym
    return detail_name(account.kind, account.detail)


def detail_name(kind: str, detail: str) -> str:
    """Return an account that is nobody's in person in words."""
    if kind == Account.Kind.FUNDING:
        return _("For the pool: {}").format(POOL_NAMES.get(detail, detail))
    if kind == Account.Kind.LICENCES:
        return f"{POOL_NAMES['licence']} {detail.rpartition('-')[2]}"
    words = str(Account.Kind(kind).label)
    words = f"{words[:1].upper()}{words[1:]}"
    if kind == Account.Kind.ESCROW:
        return f"{words}: {EscrowEntry.Reason(detail).label}"
    return words

"""Bank accounts: kept encrypted, opened only to write a payment file.

A worker's account is sealed under the key of the worker's identity, so erasing the person makes
it unreadable for good. An operator's own account is sealed under a key that follows from the
installation's secret. The seal names its holder: no account can be put in another's place.
"""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import asdict, dataclass

from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounting.core.errors import AccountingError
from accounting.models import PayoutAccount
from contributions.models import Erasure, Membership, Organisation, User, Worker
from contributions.services.identities import PersonErased
from contributions.services.identity_keys import key_of, make_key, seal, unseal
from contributions.services.visibility import OPERATORS

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", re.ASCII)
_OTHER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./-]{3,33}", re.ASCII)
_LONGEST_NAME = 140


class PayoutAccountUnreadable(AccountingError):
    """The seal cannot be opened: the person was erased, or the row tampered with."""

    code = "payout_account_unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDetails:
    """Where money is sent: the holder's name, the account, and its bank if needed.

    Attributes:
        number: An IBAN, or an account number of a country without.
        bic: ISO 9362, or empty.
    """

    name: str
    number: str
    bic: str = ""

    @property
    def is_iban(self) -> bool:
        """Whether the number is an IBAN with right check digits (ISO 13616, mod 97)."""
        if not _IBAN.fullmatch(self.number):
            return False
        turned = self.number[4:] + self.number[:4]
        return int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1


def clean_details(*, name: str, number: str, bic: str = "") -> AccountDetails:
    """Return the details of an account in the form that banks take.

    Raises:
        ValidationError: By field, with what is wrong.
    """
    compact = "".join(number.split()).upper()
    details = AccountDetails(
        name=" ".join(name.split()),
        number=compact if _IBAN.fullmatch(compact) else " ".join(number.split()),
        bic="".join(bic.split()).upper(),
    )
    errors = {}
    if not 0 < len(details.name) <= _LONGEST_NAME or not details.name.isprintable():
        errors["name"] = _("Write the name of the account's holder, at most 140 characters.")
    if _IBAN.fullmatch(compact) and not details.is_iban:
        errors["number"] = _("The check digits of this IBAN are wrong. Compare it with the card.")
    elif not _OTHER.fullmatch(details.number):
        errors["number"] = _("Write an IBAN or an account number of 4 to 34 letters and digits.")
    if details.bic and not _BIC.fullmatch(details.bic):
        errors["bic"] = _("A BIC has 8 or 11 letters and digits.")
    if errors:
        raise ValidationError(errors)
    return details


@transaction.atomic
def keep_account(
    *, holder: Worker | Organisation, details: AccountDetails, added_by: User
) -> PayoutAccount:
    """Seal an account; the holder's earlier one is retired.

    Raises:
        PersonErased: The worker was erased.
        IdentityKeyMissing: The installation has no key for workers' accounts.
    """
    of = {"worker" if isinstance(holder, Worker) else "organisation": holder}
    PayoutAccount.objects.filter(**of, retired_at=None).update(retired_at=Now())
    kept = PayoutAccount.objects.create(
        **of,
        sealed=_sealed(details, holder),
        last_digits=details.number[-4:],
        added_by=added_by,
    )
    kept.refresh_from_db()
    return kept


def current_account(holder: Worker | Organisation) -> PayoutAccount | None:
    """Return where a holder's money goes now, or None."""
    return holder.payout_accounts.filter(retired_at=None).first()


def keeps_account(user: User, holder: Worker | Organisation) -> bool:
    """Return whether a user may say where a holder's money goes.

    Workers say it of themselves; whoever keeps records of an operator, of those who work for it;
    an organisation's administrators, of the organisation.
    """
    if user.is_superuser:
        return True
    if isinstance(holder, Organisation):
        return user.memberships.filter(organisation=holder, role=Membership.Role.ADMIN).exists()
    keeping = user.memberships.filter(
        role__in=[Membership.Role.ADMIN, Membership.Role.RECORDER],
        organisation__in=Organisation.objects.filter(
            products__contributions__worker=holder, kind__in=OPERATORS
        ),
    )
    return holder.user_id == user.pk or keeping.exists()


def open_details(account: PayoutAccount) -> AccountDetails:
    """Open the seal of an account.

    Raises:
        PayoutAccountUnreadable: The person was erased, or the row was changed.
        IdentityKeyMissing: The installation's key is absent.
    """
    about = _about(account.worker or account.organisation)
    for key in _keys(account):
        with contextlib.suppress(InvalidTag):
            return AccountDetails(**json.loads(unseal(key, bytes(account.sealed), about=about)))
    raise PayoutAccountUnreadable(
        _("The account %(account)s cannot be opened.") % {"account": account.public_id}
    )


def _sealed(details: AccountDetails, holder: Worker | Organisation) -> bytes:
    content = json.dumps(asdict(details), ensure_ascii=False).encode()
    if isinstance(holder, Worker):
        if Erasure.objects.filter(worker=holder).exists():
            raise PersonErased(_("This person was erased."))
        key = key_of(holder) or make_key(holder)
    else:
        key = _key_by(settings.SECRET_KEY)
    return seal(key, content, about=_about(holder))


def _keys(account: PayoutAccount) -> list[bytes]:
    if account.worker is None:
        return [_key_by(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    key = key_of(account.worker)
    return [] if key is None else [key]


def _key_by(secret: str) -> bytes:
    mixed = salted_hmac("huisu.payout-account", "key", secret=secret, algorithm="sha256")
    return bytes(mixed.digest())


def _about(holder: Worker | Organisation | None) -> str:
    return f"huisu-payout-account/1 {holder.public_id if holder else ''}"

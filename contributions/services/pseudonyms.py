"""Pseudonyms at the door: what a tool calls a worker becomes a keyed digest, then a worker.

The key is derived from the secret key and the organisation, so two organisations that import the
same person cannot be joined by their digests, and nobody without the key can test a guess.
Source: RFC 2104 (HMAC), with SHA-256.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.crypto import salted_hmac

from contributions.models import Alias, Organisation, Source, Worker

_SHOWN_DIGITS = 10
_AT_ONCE = 5_000


def reference_hmac(*, organisation_id: int, reference: str) -> str:
    """Return the digest, 64 hexadecimal digits, under which a tool's name of a worker is kept."""
    salt = f"contributions.alias.{organisation_id}"
    return salted_hmac(salt, reference, algorithm="sha256").hexdigest()


class Doorkeeper:
    """Tells which worker a tool means, and remembers it for one import.

    Attributes:
        source: The tool's instance whose names are read.
        status: How workers are engaged who are met for the first time.
        made: How many workers were added, or would be.
    """

    def __init__(self, *, source: Source | None, organisation: Organisation, status: str) -> None:
        self.source = source
        self.organisation = organisation
        self.status = status
        self.made = 0
        self._digests: dict[str, str] = {}
        self._workers: dict[str, int | None] = {}

    def digest_of(self, reference: str) -> str:
        """Return the digest of a tool's name of a worker."""
        digest = self._digests.get(reference)
        if digest is None:
            digest = reference_hmac(organisation_id=self.organisation.pk, reference=reference)
            self._digests[reference] = digest
        return digest

    def pseudonym_of(self, reference: str) -> str:
        """Return what a worker is called here who is met for the first time."""
        return _pseudonym(self.digest_of(reference))

    def known(self, references: Iterable[str]) -> dict[str, int | None]:
        """Return the row number of each worker; None for those never met before."""
        digests = {reference: self.digest_of(reference) for reference in references}
        unasked = sorted({one for one in digests.values() if one not in self._workers})
        found: dict[str, int] = {}
        if self.source is not None:
            for start in range(0, len(unasked), _AT_ONCE):
                part = unasked[start : start + _AT_ONCE]
                rows = Alias.objects.filter(source=self.source, reference_hmac__in=part)
                found.update(rows.values_list("reference_hmac", "worker_id"))
        self.made += len(unasked) - len(found)
        for digest in unasked:
            self._workers[digest] = found.get(digest)
        return {reference: self._workers[digest] for reference, digest in digests.items()}

    @transaction.atomic
    def admit(self, references: Iterable[str]) -> dict[str, int]:
        """Return the row number of each worker, adding those never met before."""
        if self.source is None:
            raise AssertionError("workers are admitted by a source")
        known = self.known(references)
        unmet = sorted({self.digest_of(one) for one, pk in known.items() if pk is None})
        workers = Worker.objects.bulk_create(
            [Worker(pseudonym=_pseudonym(one), status=self.status) for one in unmet],
            batch_size=_AT_ONCE,
        )
        Alias.objects.bulk_create(
            [
                Alias(worker=worker, source=self.source, reference_hmac=digest)
                for worker, digest in zip(workers, unmet, strict=True)
            ],
            batch_size=_AT_ONCE,
        )
        for worker, digest in zip(workers, unmet, strict=True):
            self._workers[digest] = worker.pk
        return {one: pk for one in known if (pk := self._workers[self.digest_of(one)]) is not None}


def _pseudonym(digest: str) -> str:
    return f"w-{digest[:_SHOWN_DIGITS]}"

"""Receipts: finding a record's leaf and proving it under a signed checkpoint."""

from __future__ import annotations

import hashlib

import numpy as np
from django.utils.translation import gettext as _

from contributions.identifiers import public_id
from contributions.log.errors import LogError
from contributions.log.leaves import SALT_BYTES, Statement
from contributions.log.receipt import LoggedRecord, Receipt, issue_receipt
from contributions.log.tiles import TileNodes
from contributions.models import LogSegment
from contributions.services import checkpoints, log_key
from contributions.services.log_reading import tile_reader
from contributions.services.logged import LoggedTable


class NotLogged(LogError):
    """A record has no leaf."""

    code = "not_logged"


def receipt_for(*, table: LoggedTable, number: int) -> Receipt:
    """Return the receipt of a row, signing the log first where its leaf is not signed yet.

    Raises:
        NotLogged: The row has no leaf.
        NotIncluded: The row is not what was logged.
        LogError: The log cannot be signed.
    """
    segment, place = _leaf(table, number)
    index = segment.first_index + place
    signed = checkpoints.newest()
    if signed is None or signed.size <= index:
        signed = checkpoints.publish()
    digest = hashlib.sha256(table.content(number)).digest()
    salt = bytes(segment.salts)[place * SALT_BYTES : (place + 1) * SALT_BYTES]
    statement = Statement(segment.kind, public_id(table.prefix, number), digest)
    return issue_receipt(
        record=LoggedRecord(statement, salt, index),
        nodes=TileNodes(tile_reader(signed.size), signed.size),
        checkpoint=signed.note,
        key=log_key.signer().verifier,
    )


def _leaf(table: LoggedTable, number: int) -> tuple[LogSegment, int]:
    # Segments of rows written at the same time may overlap in their range of numbers.
    for segment in LogSegment.objects.around(kinds=table.kinds, number=number).defer("entries"):
        places = np.flatnonzero(np.frombuffer(bytes(segment.numbers), dtype=">i8") == number)
        if len(places):
            return segment, int(places[0])
    raise NotLogged(_("This record has no leaf in the log."))

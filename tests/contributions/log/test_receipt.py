import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contributions.log.checkpoint import sign_checkpoint
from contributions.log.cosignature import cosign, read_cosignatures
from contributions.log.errors import LogError
from contributions.log.keys import KeyType, SignerKey
from contributions.log.leaves import Statement, commit
from contributions.log.note import Note, NotSignedByKnownKey
from contributions.log.proofs import NotIncluded, OutsideTree
from contributions.log.receipt import (
    LoggedRecord,
    MalformedReceipt,
    Receipt,
    issue_receipt,
    verify_receipt,
)
from tests.contributions.log.published import (
    ORIGIN,
    SIGNER,
    WITNESS,
    checkpoint_of,
    entries,
    tree_of,
)

STATEMENT = Statement("contribution", "0198c0de-1111-7abc-8def-0123456789ab", bytes(range(32)))
SALT = bytes(range(100, 116))
TREE = tree_of([*entries(9), commit(STATEMENT, SALT), *entries(4, prefix="later")])
NOTE = sign_checkpoint(checkpoint_of(TREE), SIGNER)
RECEIPT = issue_receipt(
    record=LoggedRecord(STATEMENT, SALT, 9),
    nodes=TREE,
    checkpoint=str(NOTE),
    key=SIGNER.verifier,
)


def members() -> dict[str, object]:
    parsed: dict[str, object] = json.loads(str(RECEIPT))
    return parsed


def test_a_receipt_reads_back_as_written_and_holds() -> None:
    receipt = Receipt.parse(str(RECEIPT))
    assert receipt == RECEIPT
    assert verify_receipt(receipt, keys=[SIGNER.verifier]) == checkpoint_of(TREE)


def test_a_receipt_has_the_documented_members() -> None:
    parsed = members()
    assert list(parsed) == sorted(
        ("format", "statement", "salt", "index", "proof", "checkpoint", "key")
    )
    assert parsed["salt"] == SALT.hex()
    assert parsed["index"] == 9
    assert parsed["statement"] == {
        "id": STATEMENT.id,
        "kind": "contribution",
        "sha256": STATEMENT.sha256.hex(),
    }


@pytest.mark.parametrize("bit", range(8))
def test_a_receipt_with_any_byte_altered_is_refused(bit: int) -> None:
    written = str(RECEIPT).encode()
    believed: list[int] = []
    for place in range(len(written)):
        altered = bytearray(written)
        altered[place] ^= 1 << bit
        try:
            receipt = Receipt.parse(altered.decode(errors="surrogateescape"))
            verify_receipt(receipt, keys=[receipt.key])
        except LogError:
            continue
        believed.append(place)
    assert believed == []


@given(st.integers(0, 13), st.binary(min_size=32, max_size=32))
def test_a_receipt_holds_for_no_other_record_or_place(index: int, digest: bytes) -> None:
    other = LoggedRecord(Statement("contribution", STATEMENT.id, digest), SALT, index)
    forged = Receipt(other, RECEIPT.proof, RECEIPT.checkpoint, RECEIPT.key)
    with pytest.raises(NotIncluded):
        verify_receipt(forged, keys=[SIGNER.verifier])


def test_a_receipt_of_a_log_one_does_not_trust_is_refused() -> None:
    impostor = SignerKey(ORIGIN, KeyType.NOTE, bytes(32))
    with pytest.raises(NotSignedByKnownKey):
        verify_receipt(RECEIPT, keys=[impostor.verifier])


def test_no_receipt_is_issued_for_a_row_that_no_longer_hashes_to_its_leaf() -> None:
    changed = Statement("contribution", STATEMENT.id, bytes(32))
    with pytest.raises(NotIncluded):
        issue_receipt(
            record=LoggedRecord(changed, SALT, 9),
            nodes=TREE,
            checkpoint=str(NOTE),
            key=SIGNER.verifier,
        )


def test_no_receipt_is_issued_before_a_checkpoint_covers_the_leaf() -> None:
    with pytest.raises(OutsideTree):
        issue_receipt(
            record=LoggedRecord(STATEMENT, SALT, 14),
            nodes=TREE,
            checkpoint=str(NOTE),
            key=SIGNER.verifier,
        )


def test_cosignatures_travel_with_the_receipt() -> None:
    note = NOTE.signed(cosign(NOTE, WITNESS, cosigned_at_seconds=1_790_000_000))
    receipt = Receipt(RECEIPT.record, RECEIPT.proof, str(note), RECEIPT.key)
    verify_receipt(Receipt.parse(str(receipt)), keys=[SIGNER.verifier])
    assert read_cosignatures(Note.parse(receipt.checkpoint), [WITNESS.verifier])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", "huisu-receipt/2"),
        ("salt", "00"),
        ("salt", SALT.hex().upper()),
        ("index", -1),
        ("index", True),
        ("index", 9.0),
        ("index", "9"),
        ("proof", "AAAA"),
        ("proof", [1]),
        ("proof", ["?"]),
        ("checkpoint", None),
        ("statement", []),
        ("statement", {"id": "1", "kind": "run"}),
        ("statement", {"id": "1", "kind": "run", "sha256": "00"}),
        ("surplus", 1),
    ],
)
def test_malformed_receipts_are_refused(name: str, value: object) -> None:
    with pytest.raises(MalformedReceipt):
        Receipt.parse(json.dumps({**members(), name: value}))


@pytest.mark.parametrize(
    "name", ["format", "statement", "salt", "index", "proof", "checkpoint", "key"]
)
def test_a_receipt_without_one_of_its_members_is_refused(name: str) -> None:
    rest = {key: value for key, value in members().items() if key != name}
    with pytest.raises(MalformedReceipt):
        Receipt.parse(json.dumps(rest))

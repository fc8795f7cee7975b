from dataclasses import replace

import pytest

from contributions.log.checkpoint import (
    Checkpoint,
    MalformedCheckpoint,
    open_checkpoint,
    sign_checkpoint,
)
from contributions.log.keys import KeyType, MalformedKey, SignerKey, VerifierKey
from contributions.log.merkle import EMPTY_ROOT
from contributions.log.note import NotSignedByKnownKey, SignatureDoesNotHold, sign_note
from tests.contributions.log.published import ORIGIN, SIGNER
from tests.contributions.log.test_cosignature import REAL_CHECKPOINT, REAL_LOG_KEY

CHECKPOINT = Checkpoint(ORIGIN, 7, bytes(range(32)))


def test_the_text_of_a_checkpoint_is_the_one_of_the_standard() -> None:
    # The example of C2SP tlog-checkpoint.
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    checkpoint = Checkpoint.parse(text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert checkpoint.root.hex().startswith("0ac5186a9186")
    assert checkpoint.text == text


def test_a_checkpoint_of_a_public_log_holds_under_its_key() -> None:
    checkpoint = open_checkpoint(REAL_CHECKPOINT, [VerifierKey.parse(REAL_LOG_KEY)])
    assert checkpoint.size == 1_432_088_532


def test_a_signed_checkpoint_opens_with_its_extensions() -> None:
    extended = replace(CHECKPOINT, extensions=("restored 2026-11-01",))
    note = sign_checkpoint(extended, SIGNER)
    assert open_checkpoint(str(note), [SIGNER.verifier]) == extended


def test_a_rotated_key_still_opens_old_checkpoints() -> None:
    newer = SignerKey(ORIGIN, KeyType.NOTE, bytes(32))
    note = sign_checkpoint(CHECKPOINT, SIGNER)
    assert open_checkpoint(str(note), [newer.verifier, SIGNER.verifier]) == CHECKPOINT


def test_the_key_of_one_log_signs_for_no_other() -> None:
    other = SignerKey("other.example", KeyType.NOTE, bytes(32))
    with pytest.raises(MalformedKey):
        sign_checkpoint(CHECKPOINT, other)
    forged = sign_note(CHECKPOINT.text, other)
    with pytest.raises(NotSignedByKnownKey):
        open_checkpoint(str(forged), [other.verifier, SIGNER.verifier])


def test_a_checkpoint_with_another_size_than_signed_is_refused() -> None:
    note = str(sign_checkpoint(CHECKPOINT, SIGNER)).replace("\n7\n", "\n8\n")
    with pytest.raises(SignatureDoesNotHold):
        open_checkpoint(note, [SIGNER.verifier])


def test_an_empty_log_has_the_empty_root() -> None:
    assert Checkpoint(ORIGIN, 0, EMPTY_ROOT).text.startswith(f"{ORIGIN}\n0\n47DEQpj8")
    with pytest.raises(MalformedCheckpoint):
        Checkpoint(ORIGIN, 0, bytes(32))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n",
        "origin\n7\n",
        "origin\n07\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "origin\n-7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "origin\n\uff17\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "origin\n9223372036854775808\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "origin\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n",
        "origin\n7\nAAAA\n",
        "origin\n7\nnot base64\n",
        "origin\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\nextension\n",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(MalformedCheckpoint):
        Checkpoint.parse(text)

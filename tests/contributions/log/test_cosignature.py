import pytest
from hypothesis import given
from hypothesis import strategies as st

from contributions.log.checkpoint import sign_checkpoint
from contributions.log.cosignature import Cosignature, cosign, read_cosignatures
from contributions.log.keys import MalformedKey, VerifierKey
from contributions.log.note import (
    Note,
    NotSignedByKnownKey,
    Signature,
    SignatureDoesNotHold,
    require_signature,
)
from tests.contributions.log.published import SIGNER, WITNESS, checkpoint_of, entries, tree_of
from tests.contributions.log.test_keys import WITNESS as REAL_WITNESS_KEY

# A checkpoint of a public certificate log of July 2026, with the lines of four public witnesses.
REAL_CHECKPOINT = (
    "arche2025h1.staging.ct.transparency.dev\n"
    "1432088532\n"
    "U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n"
    "\n"
    "— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREP"
    "MHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=\n"
    "— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3"
    "NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=\n"
    "— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2r"
    "hIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==\n"
    "— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ"
    "75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==\n"
    "— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sX"
    "Tynk5XeU/zZ0WBxtqB0DrAWfBw==\n"
    "— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmI"
    "Y/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==\n"
)
REAL_LOG_KEY = (
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
)
OTHER_WITNESS_KEYS = (
    "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
    "transparency.dev/DEV:witness-little-garden+d8042a87"
    "+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
    "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
)

NOTE = sign_checkpoint(checkpoint_of(tree_of(entries(5))), SIGNER)


@pytest.mark.parametrize("vkey", [REAL_WITNESS_KEY, *OTHER_WITNESS_KEYS])
def test_cosignatures_of_public_witnesses_hold(vkey: str) -> None:
    key = VerifierKey.parse(vkey)
    # 0x6a122120 seconds, the time in all four lines.
    assert read_cosignatures(Note.parse(REAL_CHECKPOINT), [key]) == (
        Cosignature(key.name, 0x6A122120),
    )


def test_a_public_cosignature_does_not_hold_for_another_size() -> None:
    altered = REAL_CHECKPOINT.replace("1432088532", "1432088533")
    with pytest.raises(SignatureDoesNotHold):
        read_cosignatures(Note.parse(altered), [VerifierKey.parse(REAL_WITNESS_KEY)])


@given(st.integers(0, 253_402_300_799))
def test_a_cosignature_says_who_signed_and_when(cosigned_at_seconds: int) -> None:
    note = NOTE.signed(cosign(NOTE, WITNESS, cosigned_at_seconds=cosigned_at_seconds))
    found = read_cosignatures(Note.parse(str(note)), [WITNESS.verifier])
    assert found == (Cosignature(WITNESS.name, cosigned_at_seconds),)


@given(st.integers(0, 8 * 72 - 1))
def test_a_cosignature_with_any_bit_flipped_is_refused(bit: int) -> None:
    line = cosign(NOTE, WITNESS, cosigned_at_seconds=1_700_000_000)
    payload = bytearray(line.payload)
    payload[bit // 8] ^= 1 << bit % 8
    altered = NOTE.signed(Signature(line.name, line.key_id, bytes(payload)))
    with pytest.raises(SignatureDoesNotHold):
        read_cosignatures(altered, [WITNESS.verifier])


def test_a_cosignature_is_no_signature_of_the_log() -> None:
    note = NOTE.signed(cosign(NOTE, WITNESS, cosigned_at_seconds=0))
    assert require_signature(note, [WITNESS.verifier, SIGNER.verifier]) == SIGNER.verifier
    with pytest.raises(NotSignedByKnownKey):
        require_signature(note, [WITNESS.verifier])


def test_a_well_signed_time_outside_the_calendar_is_refused() -> None:
    moment = 2**62
    signature = WITNESS.sign(f"cosignature/v1\ntime {moment}\n{NOTE.text}".encode())
    line = Signature(WITNESS.name, WITNESS.verifier.key_id, moment.to_bytes(8) + signature)
    with pytest.raises(SignatureDoesNotHold):
        read_cosignatures(NOTE.signed(line), [WITNESS.verifier])


def test_cosignatures_of_strangers_are_ignored() -> None:
    note = NOTE.signed(cosign(NOTE, WITNESS, cosigned_at_seconds=0))
    assert read_cosignatures(note, [VerifierKey.parse(REAL_WITNESS_KEY)]) == ()


def test_a_log_key_does_not_cosign_nor_does_its_signature_pass_for_one() -> None:
    with pytest.raises(MalformedKey):
        cosign(NOTE, SIGNER, cosigned_at_seconds=0)
    assert read_cosignatures(NOTE, [SIGNER.verifier]) == ()


@pytest.mark.parametrize("moment", [-1, 253_402_300_800])
def test_a_time_outside_the_calendar_is_not_signed(moment: int) -> None:
    with pytest.raises(ValueError, match="seconds since 1970"):
        cosign(NOTE, WITNESS, cosigned_at_seconds=moment)

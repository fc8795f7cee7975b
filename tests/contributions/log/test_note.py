import pytest
from hypothesis import given
from hypothesis import strategies as st

from contributions.log.keys import KeyType, MalformedKey, SignerKey, VerifierKey
from contributions.log.note import (
    MalformedNote,
    Note,
    NotSignedByKnownKey,
    SignatureDoesNotHold,
    require_signature,
    sign_note,
)
from tests.contributions.log.test_keys import EXAMPLE, PETER, PETER_PRIVATE

# From the tests of golang.org/x/mod/sumdb/note.
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
    "KvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01"
    "oOTGwnWLox33WWd1RvMc+QQ=\n"
)
NOTE = f"{TEXT}\n{PETER_LINE}"
# The example of C2SP signed-note.
EXAMPLE_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjO"
    "BH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)


def test_signing_makes_the_published_note() -> None:
    assert str(sign_note(TEXT, SignerKey.parse(PETER_PRIVATE))) == NOTE


@pytest.mark.parametrize(
    ("note", "vkey"),
    [
        (NOTE, PETER),
        (EXAMPLE_NOTE, EXAMPLE),
        (f"{TEXT}\n{PETER_LINE}{ENOCH_LINE}", ENOCH),
        (f"{TEXT}\n{ENOCH_LINE}{PETER_LINE}", PETER),
    ],
)
def test_published_notes_hold_under_their_published_keys(note: str, vkey: str) -> None:
    key = VerifierKey.parse(vkey)
    assert require_signature(Note.parse(note), [key]) == key


@given(st.integers(0, len(NOTE.encode()) - 1), st.integers(0, 7))
def test_a_note_with_any_bit_flipped_is_refused(place: int, bit: int) -> None:
    raw = bytearray(NOTE.encode())
    raw[place] ^= 1 << bit
    with pytest.raises((MalformedNote, SignatureDoesNotHold, NotSignedByKnownKey)):
        require_signature(
            Note.parse(raw.decode(errors="surrogateescape")), [VerifierKey.parse(PETER)]
        )


def test_a_note_without_a_known_signature_is_refused() -> None:
    with pytest.raises(NotSignedByKnownKey):
        require_signature(Note.parse(NOTE), [VerifierKey.parse(ENOCH)])
    with pytest.raises(NotSignedByKnownKey):
        require_signature(Note.parse(NOTE), [])


def test_a_false_signature_by_one_known_key_condemns_the_note() -> None:
    other_text = sign_note("Another text.\n", SignerKey.parse(PETER_PRIVATE))
    false_line = str(other_text).partition("\n\n")[2]
    note = Note.parse(f"{TEXT}\n{ENOCH_LINE}{false_line}")
    with pytest.raises(SignatureDoesNotHold):
        require_signature(note, [VerifierKey.parse(ENOCH), VerifierKey.parse(PETER)])


def test_a_key_of_the_right_name_but_another_id_is_unknown() -> None:
    stranger = SignerKey("PeterNeumann", KeyType.NOTE, bytes(32))
    with pytest.raises(NotSignedByKnownKey):
        require_signature(Note.parse(NOTE), [stranger.verifier])


def test_a_text_may_hold_blank_lines() -> None:
    note = sign_note("first\n\nsecond\n", SignerKey.parse(PETER_PRIVATE))
    assert Note.parse(str(note)).text == "first\n\nsecond\n"


def test_signing_again_replaces_the_signature_of_the_same_key() -> None:
    note = Note.parse(f"{TEXT}\n{PETER_LINE}{ENOCH_LINE}")
    again = note.signed(sign_note(TEXT, SignerKey.parse(PETER_PRIVATE)).signatures[0])
    assert [signature.name for signature in again.signatures] == ["EnochRoot", "PeterNeumann"]


@pytest.mark.parametrize(
    "raw",
    [
        TEXT,
        f"{TEXT}\n",
        f"{TEXT}\n{PETER_LINE}"[:-1],
        f"\x01{TEXT}\n{PETER_LINE}",
        f"{TEXT}\r\n{PETER_LINE}",
        f"\ud800{TEXT}\n{PETER_LINE}",
        f"{TEXT}\n{PETER_LINE}Unexpected line.\n",
        f"{TEXT}\n{PETER_LINE}".replace("— Peter", "- Peter"),
        f"{TEXT}\n— Bad Name x08goAAAAAA=\n",
        f"{TEXT}\n— Bad+Name x08goAAAAAA=\n",
        f"{TEXT}\n— Short x08goA==\n",
        f"{TEXT}\n— NotBase64 x08g!AAAA\n",
        f"{TEXT}\n— NoSignature\n",
        f"{TEXT}\n{PETER_LINE * 101}",
        f"{'x' * 1_000_000}\n\n{PETER_LINE}",
        "",
    ],
)
def test_malformed_notes_are_refused(raw: str) -> None:
    with pytest.raises(MalformedNote):
        Note.parse(raw)


def test_a_text_without_its_final_newline_is_not_signed() -> None:
    with pytest.raises(MalformedNote):
        sign_note("abc", SignerKey.parse(PETER_PRIVATE))


def test_a_witness_key_does_not_sign_notes() -> None:
    witness = SignerKey("witness.example", KeyType.COSIGNATURE, bytes(32))
    with pytest.raises(MalformedKey):
        sign_note(TEXT, witness)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contributions.log.keys import (
    KeyType,
    MalformedKey,
    SignerKey,
    VerifierKey,
    decode_base64,
    encode_base64,
)

# The key pair of the tests of golang.org/x/mod/sumdb/note, the example of C2SP signed-note, a
# vkey with a plus sign in its base64, and the key of a public witness.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
EXAMPLE = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
WITH_PLUS = "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6"
WITNESS = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"


@pytest.mark.parametrize("vkey", [PETER, EXAMPLE, WITH_PLUS, WITNESS])
def test_published_verifier_keys_read_back_as_written(vkey: str) -> None:
    assert str(VerifierKey.parse(vkey)) == vkey


def test_the_type_byte_tells_a_log_from_a_witness() -> None:
    assert VerifierKey.parse(EXAMPLE).type is KeyType.NOTE
    assert VerifierKey.parse(WITNESS).type is KeyType.COSIGNATURE


def test_a_published_signer_key_has_the_published_public_half() -> None:
    signer = SignerKey.parse(PETER_PRIVATE)
    assert str(signer.verifier) == PETER
    assert signer.encoded() == PETER_PRIVATE


@given(st.integers(0, len(PETER) - 1), st.characters(codec="ascii", categories=["L", "N", "P"]))
def test_a_verifier_key_with_any_character_altered_is_refused(place: int, other: str) -> None:
    altered = PETER[:place] + other + PETER[place + 1 :]
    if altered != PETER:
        with pytest.raises(MalformedKey):
            VerifierKey.parse(altered)


@pytest.mark.parametrize("cut", range(len(PETER_PRIVATE)))
def test_a_cut_signer_key_is_refused(cut: int) -> None:
    with pytest.raises(MalformedKey):
        SignerKey.parse(PETER_PRIVATE[:cut])


@pytest.mark.parametrize(
    "vkey",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        PETER.replace("c74f20a3", "C74F20A3"),
        PETER.replace("PeterNeumann", "Peter Neumann"),
        PETER.replace("PeterNeumann", ""),
        "",
    ],
    ids=["longer key", "unknown type", "capital hex", "space in the name", "no name", "empty"],
)
def test_unusable_verifier_keys_are_refused(vkey: str) -> None:
    with pytest.raises(MalformedKey):
        VerifierKey.parse(vkey)


def test_a_private_key_is_not_taken_for_a_public_one_nor_the_reverse() -> None:
    with pytest.raises(MalformedKey):
        VerifierKey.parse(PETER_PRIVATE)
    with pytest.raises(MalformedKey):
        SignerKey.parse(PETER)


def test_a_signer_key_does_not_show_its_secret() -> None:
    signer = SignerKey.parse(PETER_PRIVATE)
    assert repr(signer.seed) not in repr(signer)
    assert signer.seed.hex() not in repr(signer)


def test_a_generated_key_signs_for_itself_only() -> None:
    first = SignerKey.generate(name="a.example", key_type=KeyType.NOTE)
    second = SignerKey.generate(name="a.example", key_type=KeyType.NOTE)
    signature = first.sign(b"text")
    assert first.verifier.holds(signature, b"text")
    assert not first.verifier.holds(signature, b"texts")
    assert not second.verifier.holds(signature, b"text")
    assert first.verifier.key_id != second.verifier.key_id


@given(st.binary(max_size=40))
def test_base64_has_one_spelling(raw: bytes) -> None:
    assert decode_base64(encode_base64(raw)) == raw


@pytest.mark.parametrize("text", ["YQ", "YR==", "YQ==\n", " YQ==", "Y-==", "YWE", "YWF=", "ä"])
def test_other_spellings_of_base64_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="base64"):
        decode_base64(text)

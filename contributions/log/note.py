"""Signed notes: a text, and lines that sign it.

    <text, ending in a newline>
    <blank line>
    — <key name> <base64 of key id ‖ signature>

A signature by an unknown key is ignored, as the standard demands; one by a known key that does
not hold condemns the whole note.

Source: C2SP signed-note.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from contributions.log.errors import LogError
from contributions.log.keys import (
    KEY_ID_BYTES,
    KeyType,
    MalformedKey,
    SignerKey,
    VerifierKey,
    decode_base64,
    encode_base64,
    is_key_name,
)

MAX_SIGNATURES = 100
MAX_NOTE_CHARACTERS = 1_000_000

_SIGNATURE_START = "— "
# Halves of surrogate pairs have no UTF-8 form; JSON escapes could smuggle them in.
_UNFIT_CHARACTER = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")


class MalformedNote(LogError):
    """A text is not a signed note."""

    code = "malformed_note"


class SignatureDoesNotHold(LogError):
    """A known key's signature does not fit the text: something was altered."""

    code = "signature_does_not_hold"


class NotSignedByKnownKey(LogError):
    """No key that the reader trusts has signed the note."""

    code = "not_signed_by_known_key"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line.

    Attributes:
        name: Name of the signing key.
        key_id: 4 bytes that tell keys of one name apart; not a security measure.
        payload: What the key's type makes of the text; for Ed25519 notes the 64-byte signature.
    """

    name: str
    key_id: bytes
    payload: bytes

    @property
    def line(self) -> str:
        """The signature line, with its newline."""
        return f"{_SIGNATURE_START}{self.name} {encode_base64(self.key_id + self.payload)}\n"

    def claims(self, key: VerifierKey) -> bool:
        """Tell whether the line says that this key signed."""
        return (self.name, self.key_id) == (key.name, key.key_id)

    @classmethod
    def parse(cls, line: str) -> "Signature":
        """Read a signature line without its newline.

        Raises:
            MalformedNote: It is not one.
        """
        name, separator, encoded = line.removeprefix(_SIGNATURE_START).partition(" ")
        if not line.startswith(_SIGNATURE_START) or not separator or not is_key_name(name):
            raise MalformedNote("A signature line is a dash, a key name and a base64 signature.")
        try:
            raw = decode_base64(encoded)
        except ValueError as error:
            raise MalformedNote(f"The signature of {name} is {error}.") from error
        if len(raw) <= KEY_ID_BYTES:
            raise MalformedNote(f"The signature of {name} is too short.")
        return cls(name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])


@dataclass(frozen=True, slots=True)
class Note:
    """A text and its signatures; nothing about them is proven yet.

    Attributes:
        text: The signed text, ending in a newline.
        signatures: In the order of their lines.
    """

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(signature.line for signature in self.signatures)}"

    @classmethod
    def parse(cls, raw: str) -> "Note":
        """Take a signed note apart.

        Raises:
            MalformedNote: The text is not a signed note.
        """
        if len(raw) > MAX_NOTE_CHARACTERS or _UNFIT_CHARACTER.search(raw):
            raise MalformedNote("A signed note is plain text without control characters.")
        text, blank_line, lines = raw.rpartition("\n\n")
        if not blank_line or not lines.endswith("\n"):
            raise MalformedNote("A signed note has a text, a blank line and signature lines.")
        # Split at newlines only: other line breaks are ordinary characters of a note.
        signatures = tuple(Signature.parse(line) for line in lines[:-1].split("\n"))
        if len(signatures) > MAX_SIGNATURES:
            raise MalformedNote(f"A signed note has at most {MAX_SIGNATURES} signatures.")
        return cls(f"{text}\n", signatures)

    def signed(self, signature: Signature) -> "Note":
        """Return the note with a signature added, in place of an older one by the same key."""
        key = (signature.name, signature.key_id)
        kept = tuple(item for item in self.signatures if (item.name, item.key_id) != key)
        return Note(self.text, (*kept, signature))


def sign_note(text: str, signer: SignerKey) -> Note:
    """Sign a text that ends in a newline."""
    if signer.type is not KeyType.NOTE:
        raise MalformedKey(f"The key {signer.name} makes cosignatures, it does not sign notes.")
    payload = signer.sign(text.encode())
    note = Note(text, (Signature(signer.name, signer.verifier.key_id, payload),))
    # Whatever cannot be read back must not be signed.
    return Note.parse(str(note))


def require_signature(note: Note, keys: Sequence[VerifierKey]) -> VerifierKey:
    """Check a note against trusted keys and return the first of them that signed it.

    Raises:
        SignatureDoesNotHold: A trusted key's signature does not fit the text.
        NotSignedByKnownKey: None of the keys signed.
    """
    signers: list[VerifierKey] = []
    for key in keys:
        for signature in note.signatures:
            if key.type is not KeyType.NOTE or not signature.claims(key):
                continue
            if not key.holds(signature.payload, note.text.encode()):
                raise SignatureDoesNotHold(f"The signature of {key.name} does not fit the text.")
            signers.append(key)
    if not signers:
        raise NotSignedByKnownKey("The note is not signed by any of the keys you trust.")
    return signers[0]

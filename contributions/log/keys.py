"""Ed25519 keys of logs and witnesses, each written as one line.

A verifier key (*vkey*) is `name+id+base64(type ‖ public key)`. A signer key (*skey*) is
`PRIVATE+KEY+name+id+base64(type ‖ seed)`; its id is that of the public half.

Source: C2SP signed-note; the skey form is that of the Go module golang.org/x/mod/sumdb/note.
"""

import base64
import re
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contributions.log.errors import LogError

KEY_ID_BYTES = 4

_SKEY_START = "PRIVATE+KEY+"
_ED25519_BYTES = 32
_KEY_NAME = re.compile(r"[^\s+\x00-\x1f\ud800-\udfff]+")
_HEX_KEY_ID = re.compile(r"[0-9a-f]{8}")


class MalformedKey(LogError):
    """A line is not a verifier or signer key, or not of a type used here."""

    code = "malformed_key"


class KeyType(IntEnum):
    """What a key signs, as numbered by C2SP signed-note; both are Ed25519."""

    NOTE = 0x01
    COSIGNATURE = 0x04


def encode_base64(raw: bytes) -> str:
    """Return standard base64 with padding."""
    return base64.b64encode(raw).decode()


def decode_base64(text: str) -> bytes:
    """Decode standard base64, refusing every spelling but the one `encode_base64` writes.

    Raises:
        ValueError: The text is not canonical base64.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError("not base64") from error
    # Unused trailing bits would let one signature be written in several ways.
    if encode_base64(raw) != text:
        raise ValueError("not canonical base64")
    return raw


def is_key_name(name: str) -> bool:
    """Tell whether a text can name a key: not empty, without spaces and plus signs."""
    return _KEY_NAME.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a key, and what it signs.

    Attributes:
        name: Key name; for a log, its origin.
        type: What the key signs.
        public_key: 32 bytes, Ed25519.
    """

    name: str
    type: KeyType
    public_key: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise MalformedKey("A key name has no spaces and no plus sign.")
        if len(self.public_key) != _ED25519_BYTES:
            raise MalformedKey("An Ed25519 public key is 32 bytes.")

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that signature lines name this key by."""
        return sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public_key).digest()[
            :KEY_ID_BYTES
        ]

    def __str__(self) -> str:
        material = encode_base64(bytes([self.type]) + self.public_key)
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @classmethod
    def parse(cls, vkey: str) -> "VerifierKey":
        """Read a vkey.

        Raises:
            MalformedKey: It is no vkey, its id does not match, or its type is not used here.
        """
        name, hex_id, key_type, public_key = _parse_key(vkey)
        key = cls(name, key_type, public_key)
        if key.key_id.hex() != hex_id:
            raise MalformedKey(f"The id of the key {name} does not match the key.")
        return key

    def holds(self, signature: bytes, message: bytes) -> bool:
        """Tell whether a 64-byte Ed25519 signature fits the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SignerKey:
    """The private half of a key.

    Attributes:
        name: Key name; for a log, its origin.
        type: What the key signs.
        seed: 32 secret bytes, Ed25519; never shown by `repr`.
    """

    name: str
    type: KeyType
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.seed) != _ED25519_BYTES:
            raise MalformedKey("An Ed25519 seed is 32 bytes.")

    @classmethod
    def generate(cls, *, name: str, key_type: KeyType) -> "SignerKey":
        """Make a new random key."""
        return cls(name, key_type, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, skey: str) -> "SignerKey":
        """Read an skey.

        Raises:
            MalformedKey: It is no skey, its id does not match, or its type is not used here.
        """
        if not skey.startswith(_SKEY_START):
            raise MalformedKey("A signer key starts with PRIVATE+KEY+.")
        name, hex_id, key_type, seed = _parse_key(skey.removeprefix(_SKEY_START))
        key = cls(name, key_type, seed)
        if key.verifier.key_id.hex() != hex_id:
            raise MalformedKey(f"The id of the key {name} does not match the key.")
        return key

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        return VerifierKey(self.name, self.type, private.public_key().public_bytes_raw())

    def encoded(self) -> str:
        """Return the skey, a secret."""
        material = encode_base64(bytes([self.type]) + self.seed)
        return f"{_SKEY_START}{self.name}+{self.verifier.key_id.hex()}+{material}"

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature of a message."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)


def _parse_key(encoded: str) -> tuple[str, str, KeyType, bytes]:
    """Split `name+id+base64(type ‖ key)`; the base64 may itself hold plus signs."""
    parts = encoded.split("+", 2)
    if len(parts) != len(("name", "id", "key")) or not _HEX_KEY_ID.fullmatch(parts[1]):
        raise MalformedKey(
            "A key is a name, an id of 8 hex digits and base64, joined by plus signs."
        )
    try:
        material = decode_base64(parts[2])
        key_type = KeyType(material[0])
    except (ValueError, IndexError) as error:
        raise MalformedKey(f"The key {parts[0]} is damaged or not an Ed25519 key.") from error
    return parts[0], parts[1], key_type, material[1:]

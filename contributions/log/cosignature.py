"""Cosignatures: a witness's statement that a log has not rewritten its past.

A witness signs, with the time, the checkpoint it found consistent with all it saw before:

    cosignature/v1
    time <seconds since 1970>
    <the text of the checkpoint>

and adds to the note a line whose payload is the time (8 bytes, big-endian) and the signature.

Source: C2SP tlog-cosignature (Ed25519).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from contributions.log.keys import KeyType, MalformedKey, SignerKey, VerifierKey
from contributions.log.note import Note, Signature, SignatureDoesNotHold

_TIME_BYTES = 8
# The end of the year 9999. The standard lets verifiers refuse times in the future.
_MAX_TIME = 253_402_300_799


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A witness's verified statement about a checkpoint.

    Attributes:
        witness: Name of the witness's key.
        cosigned_at_seconds: When it signed, in whole seconds since 1970 (UTC).
    """

    witness: str
    cosigned_at_seconds: int


def _message(text: str, cosigned_at_seconds: int) -> bytes:
    return f"cosignature/v1\ntime {cosigned_at_seconds}\n{text}".encode()


def cosign(note: Note, signer: SignerKey, *, cosigned_at_seconds: int) -> Signature:
    """Return the witness's signature line for a checkpoint it has verified.

    Raises:
        MalformedKey: The key is not a witness's key.
    """
    if signer.type is not KeyType.COSIGNATURE:
        raise MalformedKey(f"The key {signer.name} is not a witness's key.")
    if not 0 <= cosigned_at_seconds <= _MAX_TIME:
        raise ValueError("the time of a cosignature is in seconds since 1970")
    signature = signer.sign(_message(note.text, cosigned_at_seconds))
    payload = cosigned_at_seconds.to_bytes(_TIME_BYTES) + signature
    return Signature(signer.name, signer.verifier.key_id, payload)


def read_cosignatures(note: Note, keys: Sequence[VerifierKey]) -> tuple[Cosignature, ...]:
    """Return what the given witnesses say about a note; other signatures are ignored.

    Raises:
        SignatureDoesNotHold: A line of one of these witnesses does not fit the text.
    """
    found: list[Cosignature] = []
    for key in keys:
        for signature in note.signatures:
            if key.type is not KeyType.COSIGNATURE or not signature.claims(key):
                continue
            cosigned_at_seconds = int.from_bytes(signature.payload[:_TIME_BYTES])
            message = _message(note.text, cosigned_at_seconds)
            if cosigned_at_seconds > _MAX_TIME or not key.holds(
                signature.payload[_TIME_BYTES:], message
            ):
                raise SignatureDoesNotHold(f"The cosignature of {key.name} does not fit the text.")
            found.append(Cosignature(key.name, cosigned_at_seconds))
    return tuple(found)

"""Work histories: what somebody did, signed with the log's key, to take along and show.

A work history is one JSON object, `huisu-work-history/1`, with exactly these members:

| member | what |
|---|---|
| `format` | `"huisu-work-history/1"` |
| `history` | what is told: the worker, sums, products and tasks, the records behind them |
| `note` | a signed note (C2SP) that names the worker, the day and the history's SHA-256 |
| `key` | the log's vkey; compare it with the one the log publishes, or give your own copy |

The hash is of the history's RFC 8785 form, so indentation and the order of members do not matter.
The first line of the note says what it is, so it can never be taken for a checkpoint of the log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import cast

from contributions.log.canonical import Json, canonical_json, read_json_object
from contributions.log.errors import LogError
from contributions.log.keys import SignerKey, VerifierKey
from contributions.log.note import Note, require_signature, sign_note

FORMAT = "huisu-work-history/1"

_MEMBERS = {"format", "history", "note", "key"}


class MalformedHistory(LogError):
    """A text is not a work history."""

    code = "malformed_history"


class HistoryAltered(LogError):
    """The history is not the one that was signed."""

    code = "history_altered"


@dataclass(frozen=True, slots=True)
class WorkHistory:
    """A history with its signature; nothing about it is proven yet.

    Attributes:
        history: What is told; `worker.id` and `made_on` name whom it is about, and when.
        note: The signed note.
        key: The log's own key, as the file has it.
    """

    history: Mapping[str, Json]
    note: str
    key: VerifierKey

    def __str__(self) -> str:
        members: dict[str, Json] = {
            "format": FORMAT,
            "history": self.history,
            "note": self.note,
            "key": str(self.key),
        }
        return canonical_json(members).decode()

    @classmethod
    def parse(cls, text: str) -> "WorkHistory":
        """Read a work history.

        Raises:
            MalformedHistory: It is none.
            LogError: It is no JSON, or its key is none.
        """
        members = read_json_object(text)
        if members.get("format") != FORMAT or set(members) != _MEMBERS:
            raise MalformedHistory("This is not a work history.")
        history, note, key = members["history"], members["note"], members["key"]
        if not isinstance(history, dict) or not isinstance(note, str) or not isinstance(key, str):
            raise MalformedHistory("A part of this work history is not what it must be.")
        return cls(cast("Mapping[str, Json]", history), note, VerifierKey.parse(key))


def is_history(text: str) -> bool:
    """Tell whether a text claims to be a work history."""
    try:
        return read_json_object(text).get("format") == FORMAT
    except LogError:
        return False


def sign_history(history: Mapping[str, Json], signer: SignerKey) -> WorkHistory:
    """Sign a history.

    Raises:
        MalformedHistory: It does not name a worker and a day.
        NotCanonical: It holds a float or something else without a canonical form.
    """
    note = sign_note(_statement(history), signer)
    return WorkHistory(history, str(note), signer.verifier)


def verify_history(found: WorkHistory, *, keys: Sequence[VerifierKey]) -> VerifierKey:
    """Check a work history against trusted keys; return the one that signed it.

    Raises:
        HistoryAltered: The note is about another history.
        LogError: The signature does not hold, or the file is not well formed.
    """
    note = Note.parse(found.note)
    signer = require_signature(note, keys)
    if note.text != _statement(found.history):
        raise HistoryAltered("The work history was altered after it was signed.")
    return signer


def subject_of(history: Mapping[str, Json]) -> tuple[str, str]:
    """Return whom a history is about and the day it was made.

    Raises:
        MalformedHistory: It does not say so.
    """
    worker, made_on = history.get("worker"), history.get("made_on")
    number = worker.get("id") if isinstance(worker, Mapping) else None
    if not isinstance(number, str) or not isinstance(made_on, str):
        raise MalformedHistory("A work history names a worker and the day it was made.")
    return number, made_on


def _statement(history: Mapping[str, Json]) -> str:
    number, made_on = subject_of(history)
    digest = sha256(canonical_json(history)).hexdigest()
    return f"{FORMAT}\n{number}\n{made_on}\n{digest}\n"

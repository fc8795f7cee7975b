"""What people did, for which model, and how models descend from one another.

Parties own and do things; products are what labour went into; a contribution is one batch of
labour. The files follow that order; `imports` holds what is on its way in, `access` what lets
programs in, `log` what proves the records unchanged.
"""

from __future__ import annotations

from contributions.models.access import ApiToken, StoredReply
from contributions.models.imports import ImportedCorrection, SavedMapping, StagedImport
from contributions.models.labour import Contribution, ImportBatch, Source, TaskType
from contributions.models.log import LogCheckpoint, LogSegment, LogTile
from contributions.models.parties import (
    Alias,
    Consent,
    Membership,
    Organisation,
    User,
    Worker,
)
from contributions.models.products import Licence, LineageEdge, Product

__all__ = [
    "Alias",
    "ApiToken",
    "Consent",
    "Contribution",
    "ImportBatch",
    "ImportedCorrection",
    "Licence",
    "LineageEdge",
    "LogCheckpoint",
    "LogSegment",
    "LogTile",
    "Membership",
    "Organisation",
    "Product",
    "SavedMapping",
    "Source",
    "StagedImport",
    "StoredReply",
    "TaskType",
    "User",
    "Worker",
]

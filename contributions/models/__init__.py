"""What people did, for which model, and how models descend from one another.

Parties own and do things; products are what labour went into; a contribution is one batch of
labour; attestations and disputes are what others say about it; identities are who workers are.
The files follow that order; `imports` holds what is on its way in, `access` what lets
programs in, `log` what proves the records unchanged.
"""

from __future__ import annotations

from contributions.models.access import ApiToken, StoredReply
from contributions.models.attestations import Attestation
from contributions.models.disputes import Dispute, DisputeDecision, DisputeMessage
from contributions.models.identities import (
    Erasure,
    IdentityAccess,
    IdentityKey,
    SealedIdentity,
    WorkerChange,
)
from contributions.models.imports import (
    ImportedCorrection,
    ImportedTrait,
    ImportJob,
    SavedMapping,
    StagedImport,
)
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
    "Attestation",
    "Consent",
    "Contribution",
    "Dispute",
    "DisputeDecision",
    "DisputeMessage",
    "Erasure",
    "IdentityAccess",
    "IdentityKey",
    "ImportBatch",
    "ImportJob",
    "ImportedCorrection",
    "ImportedTrait",
    "Licence",
    "LineageEdge",
    "LogCheckpoint",
    "LogSegment",
    "LogTile",
    "Membership",
    "Organisation",
    "Product",
    "SavedMapping",
    "SealedIdentity",
    "Source",
    "StagedImport",
    "StoredReply",
    "TaskType",
    "User",
    "Worker",
    "WorkerChange",
]

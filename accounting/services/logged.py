"""Which records of the accounts are leaves of the transparency log.

A leaf commits to what never changes again: a policy's text and not whether a later one has
replaced it, a run's hashes and not whether it was approved since.
"""

from __future__ import annotations

from accounting.models import (
    JournalEntry,
    NegotiationStep,
    Payment,
    PaymentEvent,
    PeriodStep,
    Policy,
    Ratification,
    Run,
    RunDecision,
)
from contributions.services.logged import LoggedTable, register

POLICY = register(
    LoggedTable(
        kinds=("policy",),
        model=Policy,
        prefix=Policy.id_prefix,
        columns=(
            "id",
            "operator_id",
            "name",
            "version",
            "document",
            "sha256",
            "valid_from",
            "created_by_id",
            "created_at",
        ),
        condition="r.state IN ('in_force', 'superseded')",
    )
)

RATIFICATION = register(
    LoggedTable(
        kinds=("ratification",),
        model=Ratification,
        prefix="rat",
        columns=(
            "id",
            "policy_id",
            "organisation_id",
            "side",
            "policy_sha256",
            "ratified_by_id",
            "ratified_at",
        ),
    )
)

NEGOTIATION = register(
    LoggedTable(
        kinds=("negotiation",),
        model=NegotiationStep,
        prefix=NegotiationStep.id_prefix,
        columns=(
            "id",
            "policy_id",
            "organisation_id",
            "kind",
            "held_on",
            "parties",
            "text",
            "url",
            "file_name",
            "file_sha256",
            "file_bytes",
            "recorded_by_id",
            "recorded_at",
        ),
    )
)

RUN = register(
    LoggedTable(
        kinds=("run",),
        model=Run,
        prefix=Run.id_prefix,
        columns=(
            "id",
            "period_id",
            "policy_id",
            "simulation",
            "algorithm",
            "policy_sha256",
            "inputs_sha256",
            "result_sha256",
            "bundle_name",
            "price",
            "notes",
            "contributions_count",
            "payees_count",
            "requested_by_id",
            "requested_at",
            "started_at",
            "finished_at",
        ),
        condition="r.state IN ('computed', 'approved', 'posted')",
    )
)

RUN_DECISION = register(
    LoggedTable(
        kinds=("run_decision",),
        model=RunDecision,
        prefix=RunDecision.id_prefix,
        columns=(
            "id",
            "run_id",
            "decision",
            "result_sha256",
            "reason",
            "decided_by_id",
            "decided_at",
        ),
    )
)

PERIOD_STEP = register(
    LoggedTable(
        kinds=("period_step",),
        model=PeriodStep,
        prefix=PeriodStep.id_prefix,
        columns=("id", "period_id", "step", "checklist", "note", "taken_by_id", "taken_at"),
    )
)

ENTRY = register(
    LoggedTable(
        kinds=("posting",),
        model=JournalEntry,
        prefix=JournalEntry.id_prefix,
        columns=(
            "id",
            "ledger_id",
            "number",
            "kind",
            "period_id",
            "run_id",
            "corrects_id",
            "postings_count",
            "postings_sha256",
            "posted_by_id",
            "posted_at",
        ),
    )
)

PAYMENT = register(
    LoggedTable(
        kinds=("payment",),
        model=Payment,
        prefix=Payment.id_prefix,
        columns=(
            "id",
            "batch_id",
            "statement_id",
            "payout_account_id",
            "amount_minor",
            "retry_of_id",
        ),
    )
)

PAYMENT_EVENT = register(
    LoggedTable(
        kinds=("payment_event",),
        model=PaymentEvent,
        prefix=PaymentEvent.id_prefix,
        columns=(
            "id",
            "payment_id",
            "kind",
            "happened_on",
            "reason",
            "entry_id",
            "recorded_by_id",
            "recorded_at",
        ),
    )
)

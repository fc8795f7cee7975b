"""Which records of the accounts are leaves of the transparency log.

A leaf commits to what never changes again: a policy's text and not whether a later one has
replaced it, a run's hashes and not whether it was approved since.
"""

from __future__ import annotations

from accounting.models import Policy, Ratification, Run
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

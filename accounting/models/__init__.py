"""What labour earns, in the order in which money walks.

`agreement` is the policy both sides signed; `period` and `money` are what came in; `valuation`
is what each person's data was worth; `run` is one computation; `result` is what it wrote, from
norms to statements.
"""

from __future__ import annotations

from accounting.models.agreement import NegotiationStep, Policy, Ratification
from accounting.models.approval import PeriodStep, RunDecision
from accounting.models.blocks import (
    GapBlock,
    LabourBlock,
    LineBlock,
    ProducerBlock,
    RunBasis,
    ScoreBlock,
)
from accounting.models.creation import AmortisationPlan, AmortisedCost, IndexMeasure
from accounting.models.ledger import Account, Delta, JournalEntry, Ledger, Posting
from accounting.models.money import (
    Bundle,
    Cost,
    Fact,
    FxRate,
    LicenceUse,
    LivingWage,
    Revenue,
    Usage,
)
from accounting.models.payouts import Payment, PaymentEvent, PayoutAccount, PayoutBatch
from accounting.models.period import Assumption, Period
from accounting.models.result import (
    EscrowEntry,
    Flow,
    Line,
    RunEdge,
    RunIndicator,
    RunLabour,
    RunNorm,
    RunPool,
    RunProduct,
    Statement,
)
from accounting.models.run import Run
from accounting.models.segments import LabourSegment
from accounting.models.valuation import (
    Score,
    Valuation,
    ValuationBlock,
    ValuationUse,
    WorkerValue,
)

__all__ = [
    "Account",
    "AmortisationPlan",
    "AmortisedCost",
    "Assumption",
    "Bundle",
    "Cost",
    "Delta",
    "EscrowEntry",
    "Fact",
    "Flow",
    "FxRate",
    "GapBlock",
    "IndexMeasure",
    "JournalEntry",
    "LabourBlock",
    "LabourSegment",
    "Ledger",
    "LicenceUse",
    "Line",
    "LineBlock",
    "LivingWage",
    "NegotiationStep",
    "Payment",
    "PaymentEvent",
    "PayoutAccount",
    "PayoutBatch",
    "Period",
    "PeriodStep",
    "Policy",
    "Posting",
    "ProducerBlock",
    "Ratification",
    "Revenue",
    "Run",
    "RunBasis",
    "RunDecision",
    "RunEdge",
    "RunIndicator",
    "RunLabour",
    "RunNorm",
    "RunPool",
    "RunProduct",
    "Score",
    "ScoreBlock",
    "Statement",
    "Usage",
    "Valuation",
    "ValuationBlock",
    "ValuationUse",
    "WorkerValue",
]

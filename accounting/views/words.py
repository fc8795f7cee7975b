"""Words and colours for the codes that records keep."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounting.models import EscrowEntry, Policy, Run, RunPool
from contributions.models import Licence, Worker
from contributions.models.labour import LabourType

POOL_NAMES: dict[str, str | Promise] = {
    "licence": _("Licence royalty"),
    "data_dividend": _("Data dividend"),
    "wage_floor": _("Wage floor"),
    "profit_share": _("Profit share"),
    "commons": _("Commons fund"),
}
POOL_MEANINGS: dict[str, str | Promise] = {
    "licence": _(
        "What a traceable licence yields by contract. It goes to the licensed work alone."
    ),
    "data_dividend": _(
        "A share of each product's revenue. It goes back along the lineage to the people whose "
        "data and checks the product rests on."
    ),
    "wage_floor": _(
        "What is missing to a living wage for hours really worked. It is taken first out of the "
        "profit share."
    ),
    "profit_share": _("A share of surplus value, for all living labour behind the products."),
    "commons": _("A share of knowledge rent, for public projects."),
}
POOL_KINDS = {
    "licence": "variable",
    "data_dividend": "data",
    "wage_floor": "pay",
    "profit_share": "profit",
    "commons": "commons",
}
_RUN_STATES = {
    Run.State.QUEUED: "busy",
    Run.State.COMPUTING: "busy",
    Run.State.COMPUTED: "good",
    Run.State.APPROVED: "good",
    Run.State.POSTED: "good",
    Run.State.CANCELLED: "warn",
    Run.State.FAILED: "bad",
}
_POLICY_STATES = {
    Policy.State.DRAFT: "",
    Policy.State.PROPOSED: "busy",
    Policy.State.IN_FORCE: "good",
    Policy.State.SUPERSEDED: "warn",
    Policy.State.WITHDRAWN: "bad",
}
ESCROW_MEANINGS: dict[str, str | Promise] = {
    EscrowEntry.Reason.NO_LABOUR: _(
        "No labour is recorded behind this money. Record it, and the next run pays it out."
    ),
    EscrowEntry.Reason.UNMEASURED: _(
        "The work is recorded without time and without units. Add one of them to release it."
    ),
    EscrowEntry.Reason.DISPUTED: _("A dispute is open on this work. The money waits for it."),
    EscrowEntry.Reason.COMMONS: _("It belongs to the commons fund for public projects."),
}


@dataclass(frozen=True, slots=True)
class Tag:
    """A short word with a state that the design system colours."""

    label: str
    state: str


def run_tag(run: Run) -> Tag:
    """Return the state of a run as a tag."""
    return Tag(str(run.get_state_display()), _RUN_STATES[Run.State(run.state)])


def policy_tag(policy: Policy) -> Tag:
    """Return the state of a policy as a tag."""
    return Tag(str(policy.get_state_display()), _POLICY_STATES[Policy.State(policy.state)])


def pool_name(pool: RunPool) -> str:
    """Return a pool's name in words; licences, of which there are several, name their product."""
    if pool.kind == "licence":
        number = Licence.number_of(pool.code.rpartition("-")[2])
        licence = Licence.objects.select_related("product").get(pk=number)
        return f"{POOL_NAMES['licence']}: {licence.product}"
    return str(POOL_NAMES.get(pool.kind, pool.code))


def labour_name(code: str) -> str:
    """Return a labour type in words, with a capital."""
    words = str(LabourType(code).label)
    return words[:1].upper() + words[1:]


def group_name(status: str, country: str) -> str:
    """Return a group of workers in words."""
    words = str(Worker.Status(status).label)
    return f"{words[:1].upper()}{words[1:]}{f' · {country}' if country else ''}"

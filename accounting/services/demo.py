"""The demo: cases with their runs, and one log-in per kind of user."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Sum
from django.utils.crypto import salted_hmac

from accounting.cases.bloomz import bloomz
from accounting.cases.case import Case
from accounting.cases.columns import ContributionColumns
from accounting.cases.digits import digits
from accounting.cases.synthetic import world
from accounting.cases.worked_example import worked_example
from accounting.core.verify import verify_bundle
from accounting.models import EscrowEntry, Line, Period, Run
from accounting.services import cases, runs
from contributions.models import Membership, Organisation, User, Worker


@dataclass(frozen=True, slots=True)
class LogIn:
    """How one kind of user logs in to the demo."""

    username: str
    password: str


SYNTHETIC_CONTRIBUTIONS = 2_000
VALUED = "digits"
"""The case whose data are valued before its run."""


def load_demo() -> dict[str, Period]:
    """Load the cases that are not there yet; return each case's period by the case's key."""
    made = world(SYNTHETIC_CONTRIBUTIONS, seed=1)
    return {
        "worked-example": _loaded(worked_example()),
        "bloomz": _loaded(bloomz()),
        "synthetic": _loaded(made.case, chunks=made.blocks()),
        VALUED: _loaded(digits()),
    }


def run_of(period: Period) -> tuple[Run, bool]:
    """Return the period's newest run that has a result or will, and whether it is new."""
    run = (
        Run.objects.filter(period=period, simulation=False)
        .exclude(state__in=[Run.State.FAILED, Run.State.CANCELLED])
        .first()
    )
    if run is not None:
        return run, False
    return runs.request_run(period=period, policy=None, requested_by=None), True


@transaction.atomic
def log_ins() -> list[LogIn]:
    """Make one user per kind, or find them again; passwords follow from the secret key."""
    return [
        _member("union", Organisation.Kind.LABOUR_ORGANISATION, Membership.Role.ADMIN),
        _member("platform", Organisation.Kind.PLATFORM, Membership.Role.APPROVER),
        _member("regulator", Organisation.Kind.REGULATOR, Membership.Role.VIEWER),
        _worker("worker", pseudonym="Ana"),
        _administrator("admin"),
    ]


def summary(run: Run, *, case: str) -> dict[str, object]:
    """Return a computed run's totals, read from the database, and check its bundle."""
    lines = Line.objects.filter(pool__run=run).aggregate(sum=Sum("amount_micro"))["sum"] or 0
    escrow = dict(
        EscrowEntry.objects.filter(pool__run=run)
        .values_list("reason")
        .annotate(Sum("amount_micro"))
        .order_by()
    )
    commons = escrow.pop(EscrowEntry.Reason.COMMONS, 0)
    bundle = runs.bundle_path(run)
    return {
        "run": run.public_id,
        "case": case,
        "state": run.state,
        "currency": run.period.currency,
        "revenue_micro": run.price["revenue_micro"],
        "pools": {pool.code: pool.funded_micro for pool in run.pools.all()},
        "lines_micro": lines,
        "escrow_micro": sum(escrow.values()),
        "commons_micro": commons,
        "payees": run.statements.filter(amount_micro__gt=0).count(),
        "bundle": str(bundle),
        "bundle_verified": verify_bundle(bundle).ok,
    }


def _loaded(case: Case, *, chunks: Iterator[ContributionColumns] | None = None) -> Period:
    return cases.loaded_period(case) or cases.load_case(case=case, chunks=chunks)


def _member(username: str, kind: str, role: str) -> LogIn:
    user, log_in = _user(username)
    for organisation in Organisation.objects.filter(kind=kind).exclude(
        nature=Organisation.Nature.RECORDED
    ):
        Membership.objects.get_or_create(
            user=user, organisation=organisation, defaults={"role": role}
        )
    return log_in


def _worker(username: str, *, pseudonym: str) -> LogIn:
    user, log_in = _user(username)
    if not hasattr(user, "worker"):
        first = Worker.objects.filter(pseudonym=pseudonym).order_by("pk")[:1]
        Worker.objects.filter(pk__in=first.values("pk")).update(user=user)
    return log_in


def _administrator(username: str) -> LogIn:
    user, log_in = _user(username)
    if not user.is_superuser:
        user.is_staff = user.is_superuser = True
        user.save(update_fields=["is_staff", "is_superuser"])
    return log_in


def _user(username: str) -> tuple[User, LogIn]:
    password = salted_hmac("huisu.demo", username).hexdigest()[:14]
    user = User.objects.filter(username=username).first()
    if user is None:
        user = User.objects.create_user(username=username, password=password)
    return user, LogIn(username, password)

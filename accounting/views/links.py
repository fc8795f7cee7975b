"""Addresses of pages by what they show."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from accounting.models import Line, PayoutBatch, Run, RunPool, Statement
from contributions.identifiers import public_id
from contributions.models import Contribution, Product, Worker


def run_url(run: Run, page: str = "run", *arguments: str) -> str:
    """Return the address of a run's page, or of one of its parts by URL name."""
    return reverse(page, args=[run.public_id, *arguments])


def pool_url(run: Run, pool: RunPool) -> str:
    """Return the address of a pool in its run."""
    return run_url(run, "run-pool", pool.code)


def product_in_run_url(run: Run, product_id: int) -> str:
    """Return the address of a product as it stood in a run."""
    return run_url(run, "run-product", public_id(Product.id_prefix, product_id))


def lines_url(run: Run, **filters: str) -> str:
    """Return the address of a run's lines, filtered."""
    return (
        f"{run_url(run, 'run-lines')}?{urlencode(filters)}"
        if filters
        else run_url(run, "run-lines")
    )


def line_url(line_id: int) -> str:
    """Return the address that explains a line."""
    return reverse("line", args=[public_id(Line.id_prefix, line_id)])


def statement_url(statement_id: int) -> str:
    """Return the address of a statement."""
    return reverse("statement", args=[public_id(Statement.id_prefix, statement_id)])


def payout_batch_url(batch: PayoutBatch) -> str:
    """Return the address of a batch of payments."""
    return reverse("payout-batch", args=[batch.public_id])


def indicator_url(run: Run, name: str) -> str:
    """Return the address of the derivation of an indicator."""
    return run_url(run, "run-indicator", name)


def contribution_url(contribution_id: int) -> str:
    """Return the address of a recorded contribution."""
    return reverse("contribution", args=[public_id(Contribution.id_prefix, contribution_id)])


def product_url(product_id: int) -> str:
    """Return the address of a product's own page."""
    return reverse("product", args=[public_id(Product.id_prefix, product_id)])


def worker_url(worker_id: int) -> str:
    """Return the address of a worker's own page."""
    return reverse("worker", args=[public_id(Worker.id_prefix, worker_id)])


def contributions_url() -> str:
    """Return the address of recorded labour."""
    return reverse("contributions")

"""Lineage stays free of circles, also when two people write at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from django.db import connections

from contributions.models import LineageEdge, Product
from contributions.services import lineage
from contributions.services.products import later_products, related_products
from tests import factories


def chain(count: int) -> list[Product]:
    """Products, each made with the one before."""
    platform = factories.organisation()
    products = [factories.product(platform) for _number in range(count)]
    for upstream, downstream in pairwise(products):
        factories.edge(upstream, downstream)
    return products


@pytest.mark.django_db
def test_a_longer_circle_is_refused() -> None:
    products = chain(4)
    with pytest.raises(lineage.LineageWouldClose):
        factories.edge(products[3], products[0])


@pytest.mark.django_db
def test_two_products_are_joined_once() -> None:
    one, other = chain(2)
    with pytest.raises(lineage.EdgeAlreadyThere):
        factories.edge(one, other)


@pytest.mark.django_db
def test_ancestors_and_descendants_are_found_at_any_remove() -> None:
    first, second, third = chain(3)
    sibling = factories.product(first.operator)
    factories.edge(first, sibling)
    assert lineage.ancestors([third.pk]) == [first.pk, second.pk, third.pk]
    assert lineage.descendants(first) == sorted([second.pk, third.pk, sibling.pk])
    assert later_products([second.pk]) == {third.pk}
    assert related_products([second.pk]) == {first.pk, second.pk, third.pk}


@pytest.mark.django_db(transaction=True)
def test_of_two_writers_that_would_close_a_circle_together_one_is_refused() -> None:
    one, other = (factories.product(factories.organisation()) for _number in range(2))
    ready = threading.Barrier(2)

    def join(upstream: Product, downstream: Product) -> str:
        ready.wait()
        try:
            factories.edge(upstream, downstream)
        except lineage.LineageWouldClose as error:
            return error.code
        else:
            return "joined"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(join, (one, other), (other, one)))
    assert sorted(outcomes) == ["joined", "lineage_cycle"]
    assert LineageEdge.objects.count() == 1

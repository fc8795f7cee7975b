"""The demo of valuing data: the digits case's images, valued and chosen to move pay."""

from __future__ import annotations

import io
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.db import transaction

from accounting.cases.digits import digit_points
from accounting.models import Period, Valuation, ValuationUse
from accounting.services import valuations
from accounting.services.valuation_plans import Parameters
from accounting.valuation.names import Method
from contributions.models import Product

NEIGHBOURS: Final = 5
EMBEDDING: Final = "64 grey values of 8 x 8 pixels, as scikit-learn ships them"
ASKED: Final = {
    "Digits: owners": Method.OWNER_SHAPLEY,
    "Digits: points added up": Method.POINT_SHAPLEY,
}


def asked_valuations(period: Period) -> list[Valuation]:
    """Return the demo's valuations of the images, asked now or before."""
    images = Product.objects.get(operator=period.operator_id, kind=Product.Kind.DATASET)
    known = Valuation.objects.filter(product=images, title__in=ASKED).order_by("pk")
    if known.exists():
        return list(known)
    points = digit_points()
    training, validation = archive(points.training), archive(points.validation)
    made = []
    for title, method in ASKED.items():
        valuation = valuations.ask(
            question=valuations.Question(
                product=images,
                source=Valuation.Source.POINTS,
                method=method,
                parameters=Parameters(k=NEIGHBOURS, embedding=EMBEDDING),
                title=title,
            ),
            requested_by=None,
        )
        valuations.freeze(valuation=valuation, chunks=[validation], file_name="validation.npz")
        valuations.stage(valuation=valuation, chunks=[training], file_name="digits.npz")
        valuations.confirm(valuation=valuation)
        made.append(valuation)
    return made


@transaction.atomic
def use_first(asked: list[Valuation]) -> None:
    """Let the first of the demo's valuations move pay, unless somebody has chosen already."""
    first = asked[0]
    first.refresh_from_db()
    chosen = ValuationUse.objects.filter(product=first.product_id).exists()
    if first.state == Valuation.State.COMPUTED and not chosen:
        valuations.use(valuation=first, chosen_by=None)


def archive(arrays: dict[str, npt.NDArray[Any]]) -> bytes:
    """Return arrays as the bytes of an NPZ file, as somebody would upload it."""
    sink = io.BytesIO()
    np.savez(sink, allow_pickle=False, **arrays)
    return sink.getvalue()

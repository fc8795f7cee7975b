"""Valuations: asked, given their files, confirmed, followed, read, and chosen to move pay."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import IO, Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from accounting.api.agreements import DocumentField
from accounting.api.uploads import BYTES, pieces, uploaded
from accounting.api.valuation_outputs import ScoreOutput, ValuationOutput, WorkerValueOutput
from accounting.models import Score, Valuation, WorkerValue
from accounting.services import valuations
from accounting.services.valuation_plans import METHODS_OF, Parameters
from accounting.services.visibility import visible_valuations
from accounting.tasks import enqueue_valuation
from contributions.api.documents import Input
from contributions.api.fields import (
    ChoiceField,
    IntegerField,
    RecordField,
    TextField,
    YesNoField,
)
from contributions.api.parameters import by_id, by_word
from contributions.api.resources import KEEPING, SIGNING, Collection, Item, find
from contributions.models import ApiToken, Contribution, Product, Worker
from contributions.services.replies import Reply
from contributions.services.visibility import visible_products

TAG = "Valuations"
METHODS = [str(method) for methods in METHODS_OF.values() for method in methods]
_LARGEST_SEED = 2**31 - 1
_FILE = {BYTES: {"type": "string", "format": "binary"}}


class ProvenanceInput(Input):
    """Where imported figures come from."""

    tool = TextField(required=False)
    version = TextField(required=False)
    note = TextField(required=False)


class ValuationInput(Input):
    """What is to be valued, by which method, under which parameters."""

    product = RecordField(Product, visible=visible_products)
    source = ChoiceField(choices=Valuation.Source.values)  # type: ignore[assignment]
    method = ChoiceField(choices=METHODS)
    title = TextField(required=False)
    seed = IntegerField(required=False, most=_LARGEST_SEED)
    parameters = DocumentField(
        required=False, help_text="By name, such as k, baseline, embedding, model; see the guide."
    )
    provenance = ProvenanceInput(required=False)


class ValuationsView(Collection):
    """Valuations, newest first."""

    tag = TAG
    scope = ApiToken.Scope.ACCOUNT
    input = ValuationInput
    output = ValuationOutput
    orders = {"-id": "-pk", "id": "pk"}
    filters = {
        "product": by_id(Product, "product", "Valuations of one product."),
        "state": by_word("state", Valuation.State.values, "Valuations in one state."),
    }

    def rows(self) -> QuerySet[Valuation]:
        """Return the valuations that concern the asker."""
        return visible_valuations(self.user)

    def post(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Ask for a valuation; its utility is frozen once its validation set is there."""
        return self.write(self._ask)

    def _ask(self, asked: Mapping[str, Any]) -> Reply:
        product: Product = asked["product"]
        self.require_role(product.operator, *KEEPING, *SIGNING)
        made = valuations.ask(
            question=valuations.Question(
                product=product,
                source=asked["source"],
                method=asked["method"],
                parameters=Parameters.from_json(asked.get("parameters", {})),
                title=asked.get("title", ""),
                provenance=asked.get("provenance", {}),
                seed=asked.get("seed", 0),
            ),
            requested_by=self.user,
        )
        return self.created(made)


class ValuationView(Item):
    """A valuation with its progress."""

    tag = TAG
    output = ValuationOutput

    def rows(self) -> QuerySet[Valuation]:
        """Return the valuations that concern the asker."""
        return visible_valuations(self.user)


class ValuationStep(Item):
    """A step of a valuation that its keeper takes."""

    tag = TAG
    scope = ApiToken.Scope.ACCOUNT
    output = ValuationOutput
    http_method_names = ["post"]

    def rows(self) -> QuerySet[Valuation]:
        """Return the valuations that concern the asker."""
        return visible_valuations(self.user).select_related("product__operator")

    def answers(self, method: str) -> dict[Any, Any]:  # noqa: ARG002
        """Return what a method answers by status."""
        return {200: ValuationOutput}

    def own(self) -> Valuation:
        """Return the valuation, if the asker may change it."""
        valuation: Valuation = self.found()
        self.require_role(valuation.product.operator, *KEEPING, *SIGNING)
        return valuation

    def answered(self, valuation: Valuation) -> Reply:
        """Return the valuation as it is now."""
        valuation.refresh_from_db()
        where = self.request.path.rstrip("/").rpartition("/")[0]
        return self.created(valuation, status=200, location=where)


class ValuationValidationView(ValuationStep):
    """The validation set of a valuation."""

    def reads(self) -> Any:
        """Return what a POST reads, for the description."""
        return _FILE

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Send the validation set (NPZ, Parquet, Arrow or CSV); it freezes the utility."""
        valuation = self.own()
        return uploaded(self, lambda file: self._freeze(valuation, file))

    def _freeze(self, valuation: Valuation, file: IO[bytes]) -> Reply:
        valuations.freeze(valuation=valuation, chunks=pieces(file), file_name="validation")
        return self.answered(valuation)


class ValuationDataView(ValuationStep):
    """The data that a valuation is about."""

    def reads(self) -> Any:
        """Return what a POST reads, for the description."""
        return _FILE

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Send the data (NPZ, Parquet, Arrow or CSV); the answer tells what of it is copied.

        Points name contributions or workers; a utility table has a metric for each coalition;
        scores of another tool name contributions or workers.
        """
        valuation = self.own()
        return uploaded(self, lambda file: self._stage(valuation, file))

    def _stage(self, valuation: Valuation, file: IO[bytes]) -> Reply:
        valuations.stage(valuation=valuation, chunks=pieces(file), file_name="data")
        return self.answered(valuation)


class ValuationConfirmationView(ValuationStep):
    """Confirming a valuation whose data were looked at."""

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Queue the valuation; ask for it every few seconds to follow it."""
        valuation = self.own()
        return self.write(lambda _nothing: self._confirm(valuation))

    def _confirm(self, valuation: Valuation) -> Reply:
        with transaction.atomic():
            valuations.confirm(valuation=valuation)
            transaction.on_commit(partial(enqueue_valuation, valuation.pk))
        return self.answered(valuation)


class ValuationCancellationView(ValuationStep):
    """Giving a valuation up."""

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Cancel a valuation that is not finished; its workers store nothing more."""
        valuation = self.own()
        return self.write(lambda _nothing: self._cancel(valuation))

    def _cancel(self, valuation: Valuation) -> Reply:
        valuations.cancel(valuation=valuation)
        return self.answered(valuation)


class UseInput(Input):
    """Whether the valuation is to move pay."""

    moves_pay = YesNoField()


class ValuationUseView(ValuationStep):
    """Choosing the valuation that moves a product's pay."""

    input = UseInput

    def post(self, request: Request, **_path: str) -> HttpResponse:  # noqa: ARG002
        """Let the valuation move its product's pay from the next run on, or let none do so."""
        valuation = self.own()
        return self.write(lambda asked: self._use(valuation, asked))

    def _use(self, valuation: Valuation, asked: Mapping[str, Any]) -> Reply:
        if asked["moves_pay"]:
            valuations.use(valuation=valuation, chosen_by=self.user)
        else:
            valuations.use_none(product=valuation.product, chosen_by=self.user)
        return self.answered(valuation)


class ValuationPart(Collection):
    """A list that belongs to a valuation."""

    tag = TAG

    def valuation(self) -> Valuation:
        """Return the valuation that the address names.

        Raises:
            Http404: There is none, or it does not concern the asker.
        """
        return find(visible_valuations(self.user), self.kwargs["id"])


class ValuationScoresView(ValuationPart):
    """The scores of contributions that the asker may read one by one."""

    output = ScoreOutput
    orders = {"score": "score_ppb", "-score": "-score_ppb", "id": "pk"}
    filters = {
        "worker": by_id(Worker, "contribution__worker", "Scores of one person's contributions."),
        "contribution": by_id(Contribution, "contribution", "The score of one contribution."),
    }

    def rows(self) -> QuerySet[Score]:
        """Return the scores, as far as they are the asker's to see."""
        seen = Contribution.objects.visible_to(self.user).values("pk")
        rows = Score.objects.filter(valuation=self.valuation(), contribution__in=seen)
        return rows.select_related("contribution")


class ValuationPeopleView(ValuationPart):
    """What people's data was worth, as far as the asker may read that of single people."""

    output = WorkerValueOutput
    orders = {"-value": "-value_ppb", "value": "value_ppb", "id": "pk"}

    def rows(self) -> QuerySet[WorkerValue]:
        """Return people's values, as far as they are the asker's to see."""
        return WorkerValue.objects.visible_to(self.user).filter(valuation=self.valuation())

"""Asking for a valuation: what is useful, then whose data, then that one has seen them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounting.models import Valuation
from accounting.services.valuation_plans import (
    LARGEST_K,
    METHOD_NAMES,
    METHODS_OF,
    Parameters,
    QuestionUnusable,
    Sampled,
    check_question,
    needs_validation,
)
from accounting.services.valuations import Question
from accounting.valuation.names import Method, ModelKind
from accounting.valuation.utility import Agreement, Kind
from contributions.forms.fields import PlainTextField, ProductField
from contributions.models import Product

LARGEST_SEED = 2**31 - 1
MODEL_NAMES = {
    ModelKind.LOGISTIC_REGRESSION: _("logistic regression"),
    ModelKind.RIDGE: _("ridge classifier"),
    ModelKind.NAIVE_BAYES: _("naive Bayes"),
    ModelKind.NEAREST_NEIGHBOURS: _("nearest neighbours"),
    ModelKind.DECISION_TREE: _("decision tree"),
}


class QuestionForm(forms.Form):
    """What every valuation says of itself."""

    source = ""
    FIRST: tuple[str, ...] = ()

    product = ProductField(
        Product.objects.none(),
        label=_("Product"),
        empty_label=_("Choose a product"),
        help_text=_("The data set, or other product, whose labour is to be valued."),
    )
    title = PlainTextField(label=_("Title"), help_text=_("What this valuation is called."))
    method = forms.ChoiceField(label=_("Method"))

    def __init__(self, *arguments: Any, products: QuerySet[Product], **options: Any) -> None:
        super().__init__(*arguments, **options)
        field: Any = self.fields["product"]
        field.queryset = products
        method: Any = self.fields["method"]
        method.choices = [(code, METHOD_NAMES[code]) for code in METHODS_OF[self.source]]
        self.question: Question | None = None

    def clean(self) -> dict[str, Any]:
        """Make a question of the fields, or mark the one at fault."""
        typed: dict[str, Any] = super().clean() or {}
        if self.errors:
            return typed
        try:
            parameters = Parameters.from_json(self.parameters(typed))
            check_question(source=self.source, method=typed["method"], parameters=parameters)
        except QuestionUnusable as error:
            name = error.pointer.rpartition("/")[2]
            self.add_error(name if name in self.fields else None, str(error))
            return typed
        self.question = Question(
            product=typed["product"],
            source=self.source,
            method=typed["method"],
            parameters=parameters,
            title=typed["title"],
            provenance=self.provenance(typed),
            seed=typed.get("seed") or 0,
        )
        return typed

    def parameters(self, typed: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters of the method; empty fields keep their usual value."""
        names = Parameters.__dataclass_fields__
        return {
            name: value
            for name, value in typed.items()
            if name in names and value is not None and value != ""
        }

    def provenance(self, typed: dict[str, Any]) -> dict[str, str]:  # noqa: ARG002
        """Return where imported figures come from."""
        return {}


class PointsForm(QuestionForm):
    """Data points, valued by what they do to a model's answers."""

    source = Valuation.Source.POINTS
    FIRST = ("product", "title", "method", "validation", "embedding", "k")

    validation = forms.FileField(
        label=_("Validation set"),
        required=False,
        help_text=_(
            "Features and labels by which usefulness is judged: NPZ, Parquet, Arrow or CSV. It is "
            "frozen and hashed now, before the data to be valued are seen. Data-OOB needs none."
        ),
    )
    embedding = PlainTextField(
        label=_("What the features are"),
        help_text=_("Such as the model that computed an embedding, so that others can check it."),
    )
    k = forms.IntegerField(
        label=_("Neighbours K"), min_value=1, max_value=LARGEST_K, initial=10, required=False
    )
    kind = forms.ChoiceField(
        label=_("How neighbours are counted"),
        required=False,
        initial=Kind.HARD,
        choices=[
            (Kind.HARD.value, _("divided by K, however few there are")),
            (Kind.SOFT.value, _("divided by the neighbours there are")),
            (Kind.THRESHOLD.value, _("everybody within a radius")),
        ],
    )
    radius = forms.FloatField(label=_("Radius"), min_value=0, required=False)
    agreement = forms.ChoiceField(
        label=_("What makes a neighbour good"),
        required=False,
        choices=[
            (Agreement.LABEL.value, _("its label is right")),
            (Agreement.SCORE.value, _("the score it carries")),
        ],
    )
    baseline = forms.FloatField(
        label=_("Utility of no data"),
        required=False,
        help_text=_("Empty for chance. At 0, people are paid merely for being there."),
    )
    leave_out_copies = forms.BooleanField(
        label=_("Leave later copies of a point out"), required=False
    )
    model = forms.ChoiceField(
        label=_("Model to retrain"),
        required=False,
        choices=[(kind.value, MODEL_NAMES[kind]) for kind in ModelKind],
    )
    half_width = forms.FloatField(
        label=_("Stop sampling when intervals are at most ± this"),
        min_value=0,
        required=False,
        initial=0.01,
    )
    correlation = forms.FloatField(
        label=_("and runs agree at least so far"),
        min_value=-1,
        max_value=1,
        required=False,
        initial=0.9,
        help_text=_("Mean rank correlation between three runs."),
    )
    most_blocks = forms.IntegerField(
        label=_("Blocks of samples or trees at most"),
        min_value=3,
        max_value=500,
        required=False,
        initial=60,
    )
    alpha = forms.FloatField(label=_("Beta-Shapley alpha"), required=False, initial=1)
    beta = forms.FloatField(label=_("Beta-Shapley beta"), required=False, initial=1)
    truncation = forms.FloatField(
        label=_("Truncation"),
        min_value=0,
        required=False,
        initial=0,
        help_text=_("An order ends once its utility is so close to that of all data."),
    )
    seed = forms.IntegerField(
        label=_("Seed"), min_value=0, max_value=LARGEST_SEED, required=False, initial=1
    )

    def clean(self) -> dict[str, Any]:
        """Ask for a validation set where the method needs one."""
        typed = super().clean()
        method = typed.get("method")
        needed = bool(method) and needs_validation(source=self.source, method=method or "")
        if needed and not typed.get("validation") and "validation" not in self.errors:
            self.add_error("validation", _("This method judges by a validation set."))
        return typed

    def parameters(self, typed: dict[str, Any]) -> dict[str, Any]:
        """Leave out what does not concern the method, so that it cannot contradict it."""
        given = super().parameters(typed)
        if typed["method"] in set(Sampled) or typed["method"] == Method.THRESHOLD_SHAPLEY:
            given.pop("k", None)
        if typed["method"] == Method.THRESHOLD_SHAPLEY:
            given["kind"] = Kind.THRESHOLD.value
        return given


class TableForm(QuestionForm):
    """A utility table from a platform's own ablations or retrainings."""

    source = Valuation.Source.TABLE
    FIRST = ("product", "title", "method", "embedding", "tool")

    embedding = PlainTextField(
        label=_("What was measured"), help_text=_("The metric and its test set; higher is better.")
    )
    tool = PlainTextField(
        label=_("Where the measurements come from"), help_text=_("Such as logs of ablations.")
    )

    def provenance(self, typed: dict[str, Any]) -> dict[str, str]:
        """Return who measured."""
        return {"tool": typed["tool"], "note": typed["embedding"]}


class ScoresForm(QuestionForm):
    """Scores that another tool worked out."""

    source = Valuation.Source.SCORES
    FIRST = ("product", "title", "method", "version", "embedding")

    version = PlainTextField(label=_("Version of the tool"), required=False)
    embedding = PlainTextField(
        label=_("How the scores came about"),
        help_text=_("Algorithm, model, utility and seed, so that others can check them."),
    )
    reference_column = PlainTextField(label=_("Column of contributions or workers"), required=False)
    score_column = PlainTextField(
        label=_("Column of scores"),
        required=False,
        help_text=_(
            "Found by name if empty. Three columns such as score_1 to score_3 are runs: without "
            "runs nothing is known of stability, and the scores move no pay."
        ),
    )
    error_column = PlainTextField(label=_("Column of standard errors"), required=False)

    def provenance(self, typed: dict[str, Any]) -> dict[str, str]:
        """Return the tool with its version."""
        return {
            "tool": typed["method"],
            "version": typed["version"],
            "note": typed["embedding"],
        }


FORMS: dict[str, type[QuestionForm]] = {
    Valuation.Source.POINTS: PointsForm,
    Valuation.Source.TABLE: TableForm,
    Valuation.Source.SCORES: ScoresForm,
}


class DataForm(forms.Form):
    """The data to be valued."""

    file = forms.FileField(label=_("Data"))

    def __init__(self, *arguments: Any, source: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["file"].help_text = _DATA_HELP[source]


class ValidationForm(forms.Form):
    """The validation set of a valuation that was begun elsewhere."""

    validation = forms.FileField(label=_("Validation set"))


_DATA_HELP: dict[str, Any] = {
    Valuation.Source.POINTS: _(
        "NPZ, Parquet, Arrow or CSV with features, a label, and for every row whose it is: a "
        "column contribution (or author, labeller, reviewer), or a column worker."
    ),
    Valuation.Source.TABLE: _(
        "CSV, Parquet or Arrow with a column coalition (names with ; between them, empty for "
        "nobody) and a column metric. Repeated measurements give errors and stability."
    ),
    Valuation.Source.SCORES: _(
        "CSV, Parquet or Arrow with a column contribution or worker, and one column of scores or "
        "several of independent runs."
    ),
}

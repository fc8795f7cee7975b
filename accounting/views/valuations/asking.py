"""Asking for a valuation, step by step: what is useful, whose data, and go."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounting import tasks
from accounting.core.errors import AccountingError
from accounting.forms.valuations import FORMS, DataForm, QuestionForm, ValidationForm
from accounting.models import Valuation
from accounting.services import valuations
from accounting.views.access import SignedInRequest, reader_of, signed_in
from accounting.views.valuations.finding import (
    find_own,
    products_to_value,
    trail,
    valuation_url,
)
from accounting.views.valuations.reading import page_of
from accounting.views.valuations.refusals import told
from accounting.views.valuations.words import SOURCE_MEANINGS, SOURCE_TITLES

PAGE = "accounting/valuations/valuation.html"


@require_safe
@signed_in
def choose(request: SignedInRequest) -> HttpResponse:
    """Choose what values are to be worked out from.

    Raises:
        Http404: The reader keeps no product with labour on it.
    """
    if not products_to_value(reader_of(request)).exists():
        raise Http404
    title = _("Ask for a valuation")
    context = {
        "breadcrumb": trail(page=title),
        "title": title,
        "sources": [
            {
                "title": SOURCE_TITLES[source],
                "text": SOURCE_MEANINGS[source],
                "url": reverse("valuation-new", args=[source]),
            }
            for source in Valuation.Source
        ],
    }
    return render(request, "accounting/valuations/choose.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: SignedInRequest, source: str) -> HttpResponse:
    """Say what is useful; with a validation set it is frozen and hashed at once.

    Raises:
        Http404: There is no such source, or nothing the reader may have valued.
    """
    products = products_to_value(reader_of(request))
    if source not in FORMS or not products.exists():
        raise Http404(source)
    form = FORMS[source](request.POST or None, request.FILES or None, products=products)
    if form.is_valid() and form.question is not None:
        made = _asked(request, form)
        if made is not None:
            return redirect(valuation_url(made))
    others = [field for field in form if field.name not in form.FIRST]
    context = {
        "breadcrumb": trail(page=str(SOURCE_TITLES[source])),
        "title": SOURCE_TITLES[source],
        "lead": SOURCE_MEANINGS[source],
        "form": form,
        "first": [form[name] for name in form.FIRST],
        "others": others,
        "others_open": bool({field.name for field in others} & set(form.errors)),
        "cancel_url": reverse("valuations"),
    }
    status = 422 if form.errors else 200
    return render(request, "accounting/valuations/new.html", context, status=status)


@require_POST
@signed_in
def validation(request: SignedInRequest, valuation_id: str) -> HttpResponse:
    """Take the validation set of a valuation that was begun by a program."""
    found = find_own(request, valuation_id)
    form = ValidationForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["validation"]
        try:
            valuations.freeze(valuation=found, chunks=file.chunks(), file_name=file.name)
        except AccountingError as error:
            form.add_error("validation", told(error))
        else:
            return redirect(valuation_url(found))
    found.refresh_from_db()
    return render(request, PAGE, page_of(request, found, validation_form=form), status=422)


@require_POST
@signed_in
def data(request: SignedInRequest, valuation_id: str) -> HttpResponse:
    """Take the data to be valued, and show what of them is copied."""
    found = find_own(request, valuation_id)
    form = DataForm(request.POST, request.FILES, source=found.source)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            valuations.stage(valuation=found, chunks=file.chunks(), file_name=file.name)
        except AccountingError as error:
            form.add_error("file", told(error))
        else:
            return redirect(valuation_url(found))
    found.refresh_from_db()
    return render(request, PAGE, page_of(request, found, data_form=form), status=422)


@require_POST
@signed_in
def confirm(request: SignedInRequest, valuation_id: str) -> HttpResponse:
    """Queue a valuation whose data were shown."""
    found = find_own(request, valuation_id)

    def begin() -> None:
        with transaction.atomic():
            valuations.confirm(valuation=found)
            transaction.on_commit(partial(tasks.enqueue_valuation, found.pk))

    return _done(request, found, begin)


@require_POST
@signed_in
def cancel(request: SignedInRequest, valuation_id: str) -> HttpResponse:
    """Give a valuation up."""
    found = find_own(request, valuation_id)
    return _done(
        request,
        found,
        partial(valuations.cancel, valuation=found),
        said=_("The valuation is cancelled. It moves no pay."),
    )


@require_POST
@signed_in
def use(request: SignedInRequest, valuation_id: str) -> HttpResponse:
    """Let a valuation move pay from the next run on."""
    found = find_own(request, valuation_id)
    return _done(
        request,
        found,
        partial(valuations.use, valuation=found, chosen_by=request.user),
        said=_("The next runs move pay by this valuation, as far as their policy lets them."),
    )


@require_POST
@signed_in
def stop_using(request: SignedInRequest, valuation_id: str) -> HttpResponse:
    """Let no valuation move the product's pay from the next run on."""
    found = find_own(request, valuation_id)
    return _done(
        request,
        found,
        partial(valuations.use_none, product=found.product, chosen_by=request.user),
        said=_("The next runs pay this product's labour without data value."),
    )


def _asked(request: SignedInRequest, form: QuestionForm) -> Valuation | None:
    """Begin the valuation and freeze it; mark the field at fault if that is refused."""
    if form.question is None:
        return None
    made = valuations.ask(question=form.question, requested_by=request.user)
    file = form.cleaned_data.get("validation")
    if made.state != Valuation.State.DRAFT or file is None:
        return made
    try:
        valuations.freeze(valuation=made, chunks=file.chunks(), file_name=file.name)
    except AccountingError as error:
        # What was begun with a file that cannot be used is begun anew.
        valuations.cancel(valuation=made)
        form.add_error("validation", told(error))
        return None
    return made


def _done(request: SignedInRequest, found: Valuation, act: Any, *, said: str = "") -> HttpResponse:
    try:
        act()
    except AccountingError as error:
        messages.error(request, told(error))
    else:
        if said:
            messages.success(request, said)
    return HttpResponseRedirect(valuation_url(found))

"""Errors as answers: the one place that turns what went wrong into problem+json.

Source: RFC 9457. `code` is stable and made for programs; `detail` is a sentence for people in
the language they asked for; `errors` points into the body that was sent.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.core.signals import got_request_exception
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from accounting.core.errors import AccountingError
from contributions.errors import ContributionError
from contributions.services.importing_words import told

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5

logger = logging.getLogger(__name__)

CONFLICTS = frozenset(
    {
        "already_attested",
        "already_corrected",
        "basis_missing",
        "already_recorded",
        "amortisation_known",
        "batch_not_drafted",
        "batch_not_released",
        "bundle_known",
        "cells_pending",
        "carry_stale",
        "checklist_blocks",
        "consent_in_force",
        "dispute_decided",
        "dispute_open",
        "earlier_period_unposted",
        "fx_rate_known",
        "idempotency_key_in_progress",
        "import_in_progress",
        "import_in_use",
        "import_job_over",
        "import_not_committed",
        "import_not_planned",
        "import_not_staged",
        "import_questions_open",
        "import_undone",
        "index_measure_known",
        "later_period_posted",
        "licence_revoked",
        "lineage_cycle",
        "lineage_edge_exists",
        "merged_already",
        "no_open_period",
        "not_merged",
        "nothing_changed",
        "nothing_new",
        "nothing_posted",
        "nothing_to_pay",
        "nothing_to_share_by",
        "organisation_known",
        "payer_account_missing",
        "payment_settled",
        "payout_account_unreadable",
        "period_closed",
        "period_empty",
        "period_not_closing",
        "period_not_open",
        "periods_overlap",
        "person_erased",
        "policy_known",
        "policy_missing",
        "policy_not_draft",
        "policy_not_proposed",
        "product_already_there",
        "record_replaced",
        "run_in_progress",
        "run_is_simulation",
        "run_not_approved",
        "run_not_cancellable",
        "run_not_computed",
        "run_not_rejectable",
        "run_without_bundle",
        "run_without_result",
        "signs_in",
        "simulations_waiting",
        "stands_for_others",
        "task_type_known",
        "valuation_not_cancellable",
        "valuation_not_computed",
        "valuation_not_waiting",
        "worker_known",
    }
)
"""Codes of anticipated outcomes that stem from the state of the records, not from the request."""

FORBIDDEN = frozenset(
    {
        "not_a_side",
        "not_kept_here",
        "not_the_opener",
        "one_person_two_sides",
        "own_batch",
        "own_closing",
        "own_dispute",
        "own_run",
        "role_missing",
    }
)

_STATUSES = {
    HTTPStatus.CONFLICT: CONFLICTS,
    HTTPStatus.FORBIDDEN: FORBIDDEN,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: frozenset(
        {
            "archive_too_large",
            "archive_too_many",
            "file_too_large",
            "gzip_too_large",
            "parquet_too_large",
            "reader_out_of_memory",
            "reader_took_too_long",
            "upload_too_large",
            "valuation_file_too_large",
        }
    ),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: frozenset(
        {"file_no_table", "valuation_file_unknown", "workbook_has_macros"}
    ),
    HTTPStatus.INSUFFICIENT_STORAGE: frozenset({"no_room_for_upload"}),
}

_FRAMEWORK: tuple[tuple[type[Exception], int, str, Any], ...] = (
    (Http404, 404, "not_found", gettext_lazy("There is no such thing, or it is not yours to see.")),
    (PermissionDenied, 403, "permission_denied", gettext_lazy("You may not do this.")),
    (RequestDataTooBig, 413, "body_too_large", gettext_lazy("The body is too large.")),
    (DisallowedHost, 400, "host_unknown", gettext_lazy("This host name is not served here.")),
    (SuspiciousOperation, 400, "request_malformed", gettext_lazy("The request is malformed.")),
    (
        OperationalError,
        503,
        "unavailable",
        gettext_lazy("The database does not answer. Try again soon."),
    ),
)


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong at one place of the request's body."""

    pointer: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as it is answered."""

    status: int
    code: str
    detail: str
    errors: tuple[FieldError, ...] = ()

    def document(self, *, instance: str) -> dict[str, object]:
        """Return the problem as JSON about one request."""
        return {
            "type": f"urn:huisu:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "code": self.code,
            "errors": [asdict(error) for error in self.errors],
        }


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response:
    """Answer any error of an API view as a problem; bugs are logged and answer 500.

    Django REST framework calls it, by settings.
    """
    set_rollback()
    request = context["request"]
    problem = problem_of(error)
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        # The signal lets tests and error trackers see the bug that the answer hides.
        got_request_exception.send(sender=None, request=request)
        logger.error("bug in %s %s", request.method, request.path, exc_info=error)
    response = answer(problem, request)
    if isinstance(error, exceptions.APIException):
        for name, value in _headers(error):
            response[name] = value
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def answer(problem: Problem, request: HttpRequest) -> Response:
    """Return the response to a request that says what the problem is."""
    return Response(
        problem.document(instance=request.path),
        status=problem.status,
        content_type=MEDIA_TYPE,
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer what was refused before it reached a view: a wrong host, too many fields.

    Django calls it, by `handler400` of the addresses.
    """
    if not request.path.startswith("/api/"):
        return defaults.bad_request(request, exception)
    problem = problem_of(exception)
    return JsonResponse(
        problem.document(instance=request.path), status=problem.status, content_type=MEDIA_TYPE
    )


def problem_of(error: Exception) -> Problem:
    """Return the problem that stands for an error; 500 for an unforeseen one."""
    if isinstance(error, ContributionError | AccountingError):
        return _of_domain(error)
    if isinstance(error, exceptions.ValidationError):
        return _invalid(tuple(_of_detail(error.detail, "")))
    if isinstance(error, ValidationError):
        return _invalid(tuple(_of_django(error)))
    if isinstance(error, exceptions.APIException):
        code = str(getattr(error.detail, "code", error.default_code))
        return Problem(error.status_code, code, str(error.detail))
    return _of_framework(error)


def _of_domain(error: ContributionError | AccountingError) -> Problem:
    status = next(
        (status for status, codes in _STATUSES.items() if error.code in codes),
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )
    pointer = str(getattr(error, "pointer", ""))
    detail = told(error) if isinstance(error, ContributionError) else str(error)
    errors = (FieldError(pointer, error.code, detail),) if pointer else ()
    return Problem(status, error.code, detail, errors)


def _of_framework(error: Exception) -> Problem:
    for kind, status, code, detail in _FRAMEWORK:
        if isinstance(error, kind):
            return Problem(status, code, str(detail))
    return Problem(500, "internal_error", _("Something went wrong here. It has been logged."))


def _invalid(errors: tuple[FieldError, ...]) -> Problem:
    return Problem(422, "validation_failed", _("Some fields are not right."), errors)


def _of_detail(detail: Any, pointer: str) -> Iterator[FieldError]:
    if isinstance(detail, Mapping):
        for name, below in detail.items():
            step = "" if name == "non_field_errors" else f"/{_escaped(str(name))}"
            yield from _of_detail(below, pointer + step)
    elif isinstance(detail, list | tuple):
        for place, below in enumerate(detail):
            # A list holds either messages about one place or details of an array's items.
            nested = isinstance(below, Mapping | list)
            yield from _of_detail(below, f"{pointer}/{place}" if nested else pointer)
    else:
        yield FieldError(pointer, str(getattr(detail, "code", "invalid")), str(detail))


def _of_django(error: ValidationError) -> Iterator[FieldError]:
    if not hasattr(error, "error_dict"):
        for single in error.error_list:
            yield FieldError("", single.code or "invalid", " ".join(single.messages))
        return
    for name, below in error.error_dict.items():
        pointer = "" if name == "__all__" else f"/{_escaped(name)}"
        for single in below:
            yield FieldError(pointer, single.code or "invalid", " ".join(single.messages))


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


def _headers(error: exceptions.APIException) -> Iterator[tuple[str, str]]:
    authenticate = getattr(error, "auth_header", None)
    if authenticate:
        yield "WWW-Authenticate", authenticate
    wait = getattr(error, "wait", None)
    if wait:
        yield "Retry-After", str(int(wait))

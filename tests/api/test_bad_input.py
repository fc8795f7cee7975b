"""Every bad input of the trust document that a resource of the API can be given."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounting.models import Period
from contributions.models import ApiToken, Contribution, Product, Worker
from contributions.services.tokens import revoke_token, token_of
from tests import factories
from tests.api.client import Program, assert_problem, token_for

pytestmark = pytest.mark.django_db

TRUE_ZERO = "\u0660\u0661"
FULL_WIDTH = "\uff11\uff12"
LONG_NUMBER = "9" * 5000


class Desk:
    """A platform's program, and documents that would be accepted."""

    def __init__(self) -> None:
        self.operator = factories.organisation()
        self.user = factories.user(self.operator)
        self.program = Program(self.user)
        self.product: Product = factories.product(self.operator)
        self.worker: Worker = factories.worker()
        factories.contribution(self.worker, self.product)
        self.period: Period = factories.period(self.operator)

    @property
    def entry(self) -> dict[str, Any]:
        """Labour as it may be sent."""
        return {
            "worker": self.worker.public_id,
            "product": self.product.public_id,
            "task_type": factories.task_type().public_id,
            "occurred_on": "2026-05-01",
            "external_id": "new",
            "outcome": "accepted",
            "evidence_grade": "B",
            "seconds": 60,
            "time_basis": "active",
            "units": 1,
        }

    @property
    def cost(self) -> dict[str, Any]:
        """A cost as it may be sent."""
        return {
            "period": self.period.public_id,
            "kind": "compute",
            "amount": {"amount": "7.00", "currency": "CNY"},
        }

    @property
    def named(self) -> dict[str, Any]:
        """A product as it may be sent."""
        return {
            "operator": self.operator.public_id,
            "kind": "model",
            "name": "Model",
            "version": "1",
        }


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_the_desk_sends_is_accepted(desk: Desk) -> None:
    for path, document in (
        ("contributions", desk.entry),
        ("costs", desk.cost),
        ("products", desk.named),
    ):
        answer = desk.program.post(path, document)
        assert answer.status_code == 201, answer.content


BODIES: dict[str, tuple[bytes, str]] = {
    "1 a bare NaN": (b'{"units": NaN}', "body_malformed"),
    "2 truncated JSON": (b'{"units": 1', "body_malformed"),
    "3 nothing": (b"  ", "body_malformed"),
    "4 a list on top": (b"[]", "body_malformed"),
    "5 a byte order mark": (b"\xef\xbb\xbf{}", "body_malformed"),
    "6 Latin-1": ('{"grade": "é"}'.encode("latin-1"), "body_malformed"),
    "7 a name twice": (b'{"units": 1, "units": 2}', "duplicate_name"),
    "8 a hundred thousand brackets": (
        b'{"units":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "body_malformed",
    ),
    "8 five hundred brackets": (
        b'{"units":' + b"[" * 500 + b"]" * 500 + b"}",
        "body_malformed",
    ),
    "9 five thousand digits": (b'{"units": ' + LONG_NUMBER.encode() + b"}", "body_malformed"),
    "9 an endless fraction": (b'{"units": 1e999}', "body_malformed"),
    "21 two thousand fields": (
        json.dumps({f"field{n}": n for n in range(2000)}).encode(),
        "too_many_fields",
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_malformed_body_is_400(desk: Desk, name: str) -> None:
    body, code = BODIES[name]
    assert_problem(desk.program.send("POST", "contributions", body), 400, code)


def test_a_body_shorter_than_announced_is_400(desk: Desk) -> None:
    short: dict[str, Any] = {"CONTENT_LENGTH": "100", "wsgi.input": io.BytesIO(b"{}")}
    answer = desk.program.client.generic(
        "POST",
        "/api/v1/contributions",
        b"{}",
        "application/json",
        headers=desk.program.headers,
        **short,
    )
    assert_problem(answer, 400, "body_malformed")


QUERIES = {
    "11 a garbage cursor": ("cursor=garbage", "cursor_invalid"),
    "12 somebody's made-up cursor": ("cursor=p%3Dabc", "cursor_invalid"),
    "13 a cursor with NUL": ("cursor=%00", "parameter_invalid"),
    "14 a negative page": ("page_size=-1", "parameter_invalid"),
    "14 an empty page": ("page_size=0", "parameter_invalid"),
    "15 an endless page": ("page_size=1000000000", "parameter_invalid"),
    "15 full-width digits": (f"page_size={FULL_WIDTH}", "parameter_invalid"),
    "16 ordering by a password": ("ordering=password", "parameter_invalid"),
    "17 an unknown filter": ("colour=red", "parameter_unknown"),
    "17 a format": ("format=xml", "parameter_unknown"),
    "18 a parameter twice": ("phase=TRAIN&phase=INFER", "parameter_repeated"),
    "19 no UTF-8": ("external_id=%ff", "parameter_invalid"),
    "an unknown word": ("phase=LATER", "parameter_invalid"),
    "another kind of id": ("worker=prd_0000000000001", "parameter_invalid"),
    "no day": ("occurred_from=2026-02-30", "parameter_invalid"),
    "21 two thousand parameters": ("&".join(f"a{n}=1" for n in range(2000)), "request_malformed"),
}


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_that_means_nothing_is_400(desk: Desk, name: str) -> None:
    query, code = QUERIES[name]
    assert_problem(desk.program.get(f"contributions?{query}"), 400, code)


def test_a_cursor_of_another_list_is_400(desk: Desk) -> None:
    factories.contribution(desk.worker, desk.product)
    following = desk.program.get("contributions?page_size=1").json()["next"]
    cursor = following.partition("cursor=")[2].partition("&")[0]
    assert desk.program.get(f"contributions?page_size=1&cursor={cursor}").status_code == 200
    other = desk.program.get(f"contributions?phase=TRAIN&cursor={cursor}")
    assert_problem(other, 400, "cursor_invalid")


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency_key_missing"),
        ("k" * 256, "idempotency_key_invalid"),
        ("", "idempotency_key_invalid"),
        ("with space", "idempotency_key_invalid"),
    ],
)
def test_a_run_needs_a_usable_key(desk: Desk, key: str | None, code: str) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    body = json.dumps({"period": desk.period.public_id}).encode()
    assert_problem(desk.program.send("POST", "runs", body, headers=headers), 400, code)


def test_nobody_reads_without_saying_who_they_are() -> None:
    answer = Program().get("runs")
    assert_problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_an_ended_token_opens_nothing(desk: Desk) -> None:
    secret = desk.program.headers["Authorization"].removeprefix("Bearer ")
    token = token_of(secret=secret, now=timezone.now())
    ApiToken.objects.filter(pk=token.pk).update(
        created_at=timezone.now() - timedelta(days=3),
        expires_at=timezone.now() - timedelta(days=1),
    )
    assert_problem(desk.program.get("runs"), 401, "token_expired")
    revoke_token(token=token)
    assert_problem(desk.program.get("runs"), 401, "token_revoked")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Bearer hs_live_00000000_" + "A" * 43, "token_unknown"),
        ("Bearer nonsense", "token_unknown"),
        ("Bearer", "token_unknown"),
        ("Basic dXNlcjpwYXNz", "scheme_unknown"),
    ],
)
def test_a_token_that_nobody_has_opens_nothing(header: str, code: str) -> None:
    program = Program()
    program.headers["Authorization"] = header
    assert_problem(program.get("runs"), 401, code)


def test_a_token_in_the_address_is_refused(desk: Desk) -> None:
    address = f"runs?token={token_for(desk.user)}"
    assert_problem(Program().get(address), 401, "token_in_url")


def test_a_token_opens_only_what_its_scopes_cover(desk: Desk) -> None:
    reader = Program(desk.user, "read")
    assert reader.get("contributions").status_code == 200
    assert_problem(reader.post("contributions", desk.entry), 403, "scope_missing")
    recorder = Program(desk.user, "record")
    assert_problem(recorder.get("contributions"), 403, "scope_missing")
    assert_problem(recorder.post("costs", desk.cost), 403, "scope_missing")


def test_a_session_changes_nothing_without_the_csrf_token(desk: Desk) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(desk.user)
    answer = browser.post("/api/v1/costs", desk.cost, content_type="application/json")
    assert_problem(answer, 403, "csrf_failed")
    assert browser.get("/api/v1/costs").json()["items"] == []


def test_a_viewer_changes_nothing(desk: Desk) -> None:
    viewer = Program(factories.user(desk.operator, role="viewer"))
    for path, document in (
        ("contributions", desk.entry | {"organisation": desk.operator.public_id}),
        ("costs", desk.cost),
        ("products", desk.named),
    ):
        assert_problem(viewer.post(path, document), 403, "role_missing")


@pytest.mark.parametrize(
    "address",
    [
        "runs/run_0000000000001",
        "runs/run_000000000000\uff11",
        "runs/prd_0000000000001",
        "runs/1",
        "runs/run_ZZZZZZZZZZZZZ",
        "runs/run_0000000000001/lines",
        "lines/lin_0000000000001/trace",
        "statements/wrk_0000000000001",
        "contributions/con_0000000000001%00",
        "nowhere",
        "",
    ],
)
def test_what_is_not_there_is_404(desk: Desk, address: str) -> None:
    assert_problem(desk.program.get(address), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("TRACE", "contributions"),
        ("DELETE", "contributions"),
        ("PUT", "contributions"),
        ("OPTIONS", "contributions"),
        ("POST", "lines"),
    ],
)
def test_a_method_that_a_resource_lacks_is_405(desk: Desk, method: str, path: str) -> None:
    answer = desk.program.send(method, path)
    assert_problem(answer, 405, "method_not_allowed")
    assert "GET" in answer["Allow"]


def test_a_ledger_entry_cannot_be_deleted(desk: Desk) -> None:
    entry = Contribution.objects.get()
    answer = desk.program.send("DELETE", f"contributions/{entry.public_id}")
    assert_problem(answer, 405, "method_not_allowed")
    assert Contribution.objects.count() == 1


def test_another_form_than_json_is_406(desk: Desk) -> None:
    answer = desk.program.get("contributions", Accept="application/xml")
    assert_problem(answer, 406, "not_acceptable")


@pytest.mark.parametrize(
    ("content_type", "headers"),
    [
        ("text/plain", {}),
        ("application/x-www-form-urlencoded", {}),
        ("multipart/form-data; boundary=x", {}),
        ("application/json; charset=bogus", {}),
        ("application/json; charset=latin-1", {}),
        ("application/json", {"Content-Encoding": "gzip"}),
    ],
)
def test_a_body_of_another_kind_is_415(
    desk: Desk, content_type: str, headers: dict[str, str]
) -> None:
    body = json.dumps(desk.entry).encode()
    answer = desk.program.send("POST", "contributions", body, content_type, headers)
    assert_problem(answer, 415, "unsupported_media_type")


def test_ten_megabytes_and_more_are_413(desk: Desk) -> None:
    body = b'{"grade": "' + b"x" * 10_000_000 + b'"}'
    assert_problem(desk.program.send("POST", "contributions", body), 413, "body_too_large")


AMOUNTS: dict[str, tuple[Any, str]] = {
    "55 NaN": ("NaN", "amount_malformed"),
    "56 an exponent": ("1e5", "amount_malformed"),
    "57 a number": (12.5, "amount_malformed"),
    "58 less than nothing": ("-1.00", "amount_negative"),
    "59 minus nothing": ("-0.00", "amount_malformed"),
    "60 half a cent": ("1.005", "amount_too_fine"),
    "61 more than there is": ("9007199255.00", "amount_too_large"),
    "61 more digits than there are": ("1" * 30, "amount_malformed"),
    "62 full-width digits": (FULL_WIDTH, "amount_malformed"),
    "63 Arabic digits": (TRUE_ZERO, "amount_malformed"),
    "64 an underscore": ("1_000", "amount_malformed"),
    "65 a thousands separator": ("1,234.5", "amount_malformed"),
    "66 a space": (" 1.00", "amount_malformed"),
    "66 a newline": ("1.00\n", "amount_malformed"),
    "67 a boolean": (True, "amount_malformed"),
    "a leading zero": ("007.00", "amount_malformed"),
    "nothing": (None, "amount_malformed"),
}


@pytest.mark.parametrize("name", AMOUNTS)
def test_an_amount_that_is_no_amount_is_422(desk: Desk, name: str) -> None:
    amount, code = AMOUNTS[name]
    document = desk.cost | {"amount": {"amount": amount, "currency": "CNY"}}
    problem = assert_problem(desk.program.post("costs", document), 422, code)
    assert problem["errors"][0]["pointer"] == "/amount"


MONEY: dict[str, tuple[Any, str]] = {
    "57 money as a number": (12.5, "not_money"),
    "57 money as a string": ("12.50", "not_money"),
    "68 an unknown currency": ({"amount": "1.00", "currency": "XXX"}, "currency_unknown"),
    "68 a currency in small letters": ({"amount": "1.00", "currency": "cny"}, "currency_unknown"),
    "69 another currency": ({"amount": "1.00", "currency": "USD"}, "currency_mixed"),
    "79 another field": ({"amount": "1.00", "currency": "CNY", "tax": "0"}, "not_money"),
}


@pytest.mark.parametrize("name", MONEY)
def test_money_that_is_no_money_is_422(desk: Desk, name: str) -> None:
    document = desk.cost | {"amount": MONEY[name][0]}
    assert_problem(desk.program.post("costs", document), 422, MONEY[name][1])


NAMES: dict[str, tuple[Any, str]] = {
    "71 NUL": ("a\0b", "text_control"),
    "72 a lone surrogate": ("a\ud800b", "text_control"),
    "73 right to left": ("a\u202eb", "text_bidirectional"),
    "74 zero width": ("a\u200bb", "text_zero_width"),
    "75 201 characters": ("a" * 201, "too_long"),
    "76 a number": (5, "not_text"),
    "67 a boolean": (True, "not_text"),
    "nothing": ("", "blank"),
    "spaces": ("   ", "blank"),
    "null": (None, "null"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_no_name_is_422(desk: Desk, name: str) -> None:
    value, code = NAMES[name]
    problem = assert_problem(desk.program.post("products", desk.named | {"name": value}), 422, code)
    assert problem["errors"][0]["pointer"] == "/name"


FIELDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "58 negative units": ({"units": -1}, "/units", "out_of_range"),
    "67 boolean units": ({"units": True}, "/units", "not_an_integer"),
    "units in a string": ({"units": "5"}, "/units", "not_an_integer"),
    "a fraction of a unit": ({"units": 1.5}, "/units", "not_an_integer"),
    "70 more than a bigint": ({"units": 2**63}, "/units", "out_of_range"),
    "more than the whole": ({"quality_ppm": 1_000_001}, "/quality_ppm", "out_of_range"),
    "79 an unknown field": ({"colour": "red"}, "/colour", "unknown_field"),
    "77 NUL in an unknown field's name": ({"col\0our": 1}, "", "text_control"),
    "80 the thirtieth of February": ({"occurred_on": "2026-02-30"}, "/occurred_on", "not_a_day"),
    "81 the year 9999": ({"occurred_on": "9999-12-31"}, "/occurred_on", "day_out_of_range"),
    "a day in full-width digits": (
        {"occurred_on": "\uff12026-05-01"},
        "/occurred_on",
        "not_a_day",
    ),
    "82 a time without zone": (
        {"occurred_at": "2026-05-01T08:00:00"},
        "/occurred_at",
        "not_a_time",
    ),
    "83 work to come": ({"occurred_on": "2199-01-01"}, "/occurred_on", "work_in_the_future"),
    "85 an id from a number": ({"worker": 1}, "/worker", "unknown_id"),
    "an unknown worker": ({"worker": "wrk_ZZZZZZZZZZZZZ"}, "/worker", "unknown_id"),
    "34 an id in full-width digits": (
        {"worker": "wrk_000000000000\uff11"},
        "/worker",
        "unknown_id",
    ),
    "time without a basis": ({"time_basis": "none"}, "/time_basis", "time_without_basis"),
    "an unknown outcome": ({"outcome": "fine"}, "/outcome", "not_a_choice"),
    "a hash that is none": ({"evidence_sha256": "abc"}, "/evidence_sha256", "not_shaped"),
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_that_means_nothing_is_422(desk: Desk, name: str) -> None:
    fields, pointer, code = FIELDS[name]
    answer = desk.program.post("contributions", desk.entry | fields)
    problem = assert_problem(answer, 422, code)
    assert (pointer, code) in {(one["pointer"], one["code"]) for one in problem["errors"]}
    assert Contribution.objects.count() == 1


def test_an_unused_reviewer_cannot_be_oneself(desk: Desk) -> None:
    document = desk.entry | {"reviewer": desk.worker.public_id}
    assert_problem(desk.program.post("contributions", document), 422, "reviewed_by_oneself")


def test_a_missing_field_is_pointed_at(desk: Desk) -> None:
    problem = assert_problem(desk.program.post("contributions", {}), 422, "required")
    pointers = {one["pointer"] for one in problem["errors"]}
    assert {"/worker", "/product", "/external_id"} <= pointers


def test_a_body_where_none_belongs_is_refused(desk: Desk) -> None:
    policy = factories.policy(desk.operator)
    answer = desk.program.post(f"policies/{policy.public_id}/proposal", {"force": True})
    assert_problem(answer, 422, "unknown_field")
    policy.refresh_from_db()
    assert policy.state == "draft"


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "=1+1", "张伟", "O'Brien"])
def test_odd_but_honest_names_come_back_as_they_were(desk: Desk, name: str) -> None:
    made = desk.program.post("products", desk.named | {"name": name})
    assert (made.status_code, made.json()["name"]) == (201, name)


def test_names_are_stored_composed(desk: Desk) -> None:
    made = desk.program.post("products", desk.named | {"name": "Cafe\u0301"})
    assert made.json()["name"] == "Caf\u00e9"


def test_the_request_id_comes_back_or_is_made_up(desk: Desk) -> None:
    assert desk.program.get("runs", Request_Id="mine-1")["Request-Id"] == "mine-1"
    assert re.fullmatch("[0-9a-f]{32}", desk.program.get("runs")["Request-Id"])
    forged = desk.program.get("runs", Request_Id="a b")["Request-Id"]
    assert re.fullmatch("[0-9a-f]{32}", forged)


def test_problems_speak_the_language_that_was_asked_for(desk: Desk) -> None:
    answers: list[Callable[[], Any]] = [
        lambda: desk.program.get("nowhere", Accept_Language="en"),
        lambda: desk.program.get("runs", Accept_Language="zh-hans"),
    ]
    for answer in answers:
        assert "Accept-Language" in answer()["Vary"]


def test_an_unknown_host_is_told_so_as_a_problem() -> None:
    answer = Client().get("/api/v1/runs/", headers={"host": "elsewhere.example"})
    assert_problem(answer, 400, "host_unknown")


def test_an_unknown_host_of_a_page_is_told_so_as_a_page() -> None:
    answer = Client().get("/", headers={"host": "elsewhere.example"})
    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("text/html")

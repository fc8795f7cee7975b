"""Which address of the accounts leads where."""

from __future__ import annotations

from django.urls import path

from accounting.views import (
    comparisons,
    bundles,
    home,
    indicators,
    lines,
    periods,
    policies,
    policy_drafts,
    policy_lab,
    policy_records,
    pools,
    prices,
    run_products,
    run_requests,
    runs,
    statements,
)
from accounting.views import period_entries as entries
from accounting.views.valuations import asking, comparing
from accounting.views.valuations import reading as valuations

urlpatterns = [
    path("", home.home, name="home"),
    path("runs/", runs.runs, name="runs"),
    path("runs/<str:run_id>/", runs.run, name="run"),
    path("runs/<str:run_id>/progress/", runs.progress, name="run-progress"),
    path("runs/<str:run_id>/cancel/", run_requests.cancel, name="run-cancel"),
    path("runs/<str:run_id>/pools/<str:code>/", pools.pool, name="run-pool"),
    path("runs/<str:run_id>/products/<str:product_id>/", run_products.product, name="run-product"),
    path("runs/<str:run_id>/lines/", lines.lines, name="run-lines"),
    path("runs/<str:run_id>/indicators/<str:name>/", indicators.indicator, name="run-indicator"),
    path("runs/<str:run_id>/price/", prices.price, name="run-price"),
    path("runs/<str:run_id>/bundle.zip", bundles.bundle, name="run-bundle"),
    path("lines/<str:line_id>/", lines.line, name="line"),
    path("statements/", statements.statements, name="statements"),
    path("statements/<str:statement_id>/", statements.statement, name="statement"),
    path("periods/", periods.periods, name="periods"),
    path("periods/new/", periods.open_new, name="period-new"),
    path("periods/<str:period_id>/", periods.period, name="period"),
    path("periods/<str:period_id>/runs/", run_requests.request_run, name="run-request"),
    path("periods/<str:period_id>/add/<str:kind>/", entries.add, name="period-add"),
    path("comparisons/", comparisons.compare_runs, name="compare-runs"),
    path("lab/", policy_lab.lab, name="lab"),
    path("lab/<str:period_id>/", policy_lab.what_if, name="lab-period"),
    path("lab/<str:period_id>/simulate/", policy_lab.simulate, name="lab-simulate"),
    path("lab/<str:period_id>/keep/", policy_lab.keep, name="lab-keep"),
    path("policies/", policies.policies, name="policies"),
    path("policies/new/", policy_drafts.draft, name="policy-new"),
    path("policies/new/document/", policy_drafts.draft_document, name="policy-new-document"),
    path("policies/<str:policy_id>/", policies.policy, name="policy"),
    path("policies/<str:policy_id>/propose/", policies.propose, name="policy-propose"),
    path("policies/<str:policy_id>/ratify/", policies.ratify, name="policy-ratify"),
    path("policies/<str:policy_id>/withdraw/", policies.withdraw, name="policy-withdraw"),
    path("policies/<str:policy_id>/document.json", policy_drafts.document, name="policy-document"),
    path(
        "policies/<str:policy_id>/against/<str:other_id>/",
        policy_records.compare,
        name="policy-compare",
    ),
    path("policies/<str:policy_id>/negotiation/", policy_records.add_step, name="policy-negotiate"),
    path(
        "policies/<str:policy_id>/negotiation/<str:step_id>/minutes/",
        policy_records.minutes,
        name="policy-minutes",
    ),
    path("valuations/", valuations.valuations, name="valuations"),
    path("valuations/new/", asking.choose, name="valuation-choose"),
    path("valuations/new/<str:source>/", asking.new, name="valuation-new"),
    path("valuations/<str:valuation_id>/", valuations.valuation, name="valuation"),
    path("valuations/<str:valuation_id>/progress/", valuations.progress, name="valuation-progress"),
    path("valuations/<str:valuation_id>/scores.csv", valuations.scores, name="valuation-scores"),
    path(
        "valuations/<str:valuation_id>/validation/", asking.validation, name="valuation-validation"
    ),
    path("valuations/<str:valuation_id>/data/", asking.data, name="valuation-data"),
    path("valuations/<str:valuation_id>/confirm/", asking.confirm, name="valuation-confirm"),
    path("valuations/<str:valuation_id>/cancel/", asking.cancel, name="valuation-cancel"),
    path("valuations/<str:valuation_id>/use/", asking.use, name="valuation-use"),
    path("valuations/<str:valuation_id>/stop/", asking.stop_using, name="valuation-stop"),
    path(
        "valuations/<str:valuation_id>/comparison/",
        comparing.comparison,
        name="valuation-comparison",
    ),
    path("valuations/<str:valuation_id>/what-if/", comparing.pay, name="valuation-what-if"),
]

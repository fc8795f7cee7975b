"""Addresses of money, policies, runs and results below /api/v1/."""

from __future__ import annotations

from django.urls import path

from accounting.api import agreements, periods, results, runs

urlpatterns = [
    path("periods", periods.PeriodsView.as_view()),
    path("periods/<str:id>", periods.PeriodView.as_view()),
    path("bundles", periods.BundlesView.as_view()),
    path("revenue", periods.RevenueView.as_view()),
    path("usage", periods.UsageView.as_view()),
    path("costs", periods.CostsView.as_view()),
    path("facts", periods.FactsView.as_view()),
    path("policies", agreements.PoliciesView.as_view()),
    path("policies/<str:id>", agreements.PolicyView.as_view()),
    path("policies/<str:id>/proposal", agreements.PolicyProposalView.as_view()),
    path("policies/<str:id>/ratifications", agreements.PolicyRatificationsView.as_view()),
    path("runs", runs.RunsView.as_view()),
    path("runs/<str:id>", runs.RunView.as_view()),
    path("runs/<str:id>/cancel", runs.RunCancellationView.as_view()),
    path("runs/<str:id>/bundle", runs.RunBundleView.as_view()),
    path("runs/<str:id>/pools", results.RunPoolsView.as_view()),
    path("runs/<str:id>/flows", results.RunFlowsView.as_view()),
    path("runs/<str:id>/lines", results.RunLinesView.as_view()),
    path("runs/<str:id>/statements", results.RunStatementsView.as_view()),
    path("runs/<str:id>/statements/<str:worker>", results.RunStatementView.as_view()),
    path("runs/<str:id>/norms", results.RunNormsView.as_view()),
    path("runs/<str:id>/indicators", results.RunIndicatorsView.as_view()),
    path("runs/<str:id>/escrow", results.RunEscrowView.as_view()),
    path("lines", results.LinesView.as_view()),
    path("lines/<str:id>", results.LineView.as_view()),
    path("lines/<str:id>/trace", results.LineTraceView.as_view()),
    path("statements", results.StatementsView.as_view()),
    path("statements/<str:worker>", results.WorkerStatementsView.as_view()),
]

"""Addresses of parties, products and labour below /api/v1/."""

from __future__ import annotations

from django.urls import path

from contributions.api import (
    attestations,
    bulk,
    disputes,
    imports,
    labour,
    parties,
    persons,
    products,
)

urlpatterns = [
    path("organisations", parties.OrganisationsView.as_view()),
    path("organisations/<str:id>", parties.OrganisationView.as_view()),
    path("workers", parties.WorkersView.as_view()),
    path("workers/<str:id>", parties.WorkerView.as_view()),
    path("workers/<str:id>/identity", persons.WorkerIdentityView.as_view()),
    path("workers/<str:id>/identity-readings", persons.WorkerIdentityReadingView.as_view()),
    path("workers/<str:id>/erasure", persons.WorkerErasureView.as_view()),
    path("workers/<str:id>/accesses", persons.WorkerAccessesView.as_view()),
    path("workers/<str:id>/personal-data", persons.WorkerDataView.as_view()),
    path("workers/<str:id>/work-history", persons.WorkerHistoryView.as_view()),
    path("workers/<str:id>/merge", persons.WorkerMergeView.as_view()),
    path("workers/<str:id>/parting", persons.WorkerPartingView.as_view()),
    path("task-types", parties.TaskTypesView.as_view()),
    path("task-types/<str:id>", parties.TaskTypeView.as_view()),
    path("products", products.ProductsView.as_view()),
    path("products/<str:id>", products.ProductView.as_view()),
    path("edges", products.EdgesView.as_view()),
    path("edges/<str:id>", products.EdgeView.as_view()),
    path("licences", products.LicencesView.as_view()),
    path("licences/<str:id>", products.LicenceView.as_view()),
    path("licences/<str:id>/revocation", products.LicenceRevocationView.as_view()),
    path("imports", imports.ImportsView.as_view()),
    path("imports/<str:id>", imports.ImportView.as_view()),
    path("imports/<str:id>/plan", imports.ImportPlanView.as_view()),
    path("imports/<str:id>/errors", imports.ImportErrorsView.as_view()),
    path("imports/<str:id>/rejected", imports.ImportRejectedView.as_view()),
    path("imports/<str:id>/commit", imports.ImportCommitView.as_view()),
    path("imports/<str:id>/cancellation", imports.ImportCancellationView.as_view()),
    path("imports/<str:id>/discard", imports.ImportDiscardView.as_view()),
    path("imports/<str:id>/undo", imports.ImportUndoView.as_view()),
    path("contributions", labour.ContributionsView.as_view()),
    path("contributions/bulk", bulk.ContributionsBulkView.as_view()),
    path("contributions/<str:id>", labour.ContributionView.as_view()),
    path("contributions/<str:id>/corrections", labour.ContributionCorrectionsView.as_view()),
    path("contributions/<str:id>/withdrawal", labour.ContributionWithdrawalView.as_view()),
    path(
        "contributions/<str:id>/attestations", attestations.ContributionAttestationsView.as_view()
    ),
    path("contributions/<str:id>/disputes", disputes.ContributionDisputesView.as_view()),
    path("attestations", attestations.AttestationsView.as_view()),
    path("attestations/batch", attestations.AttestationBatchView.as_view()),
    path("disputes", disputes.DisputesView.as_view()),
    path("disputes/<str:id>", disputes.DisputeView.as_view()),
    path("disputes/<str:id>/messages", disputes.DisputeMessagesView.as_view()),
    path("disputes/<str:id>/decision", disputes.DisputeDecisionView.as_view()),
    path("disputes/<str:id>/withdrawal", disputes.DisputeWithdrawalView.as_view()),
]

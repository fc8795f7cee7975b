"""Which address of the records leads where."""

from __future__ import annotations

from django.urls import path

from contributions.views import (
    licences,
    lineage,
    log,
    organisations,
    product,
    products,
    record,
    records,
    task_types,
    verify,
    worker,
    workers,
)

urlpatterns = [
    path("contributions/", records.contributions, name="contributions"),
    path("contributions/new/", record.new, name="contribution-new"),
    path("contributions/download.<str:form>", records.download, name="contributions-download"),
    path("contributions/<str:record_id>/", record.contribution, name="contribution"),
    path("contributions/<str:record_id>/correct/", record.correct, name="contribution-correct"),
    path("contributions/<str:record_id>/withdraw/", record.withdraw, name="contribution-withdraw"),
    path("contributions/<str:record_id>/receipt.json", verify.receipt, name="contribution-receipt"),
    path("contributions/<str:record_id>/record.json", verify.content, name="contribution-content"),
    path("verify/", verify.verify, name="verify"),
    # The addresses of the C2SP tile layout, which witnesses ask for as they are.
    path("checkpoint", log.checkpoint, name="log-checkpoint"),
    path("tile/<path:path>", log.tile, name="log-tile"),
    path("products/", products.products, name="products"),
    path("products/new/", products.new, name="product-new"),
    path("products/download.<str:form>", products.download, name="products-download"),
    path("products/<str:product_id>/", product.product, name="product"),
    path("products/<str:product_id>/lineage/new/", lineage.new, name="edge-new"),
    path("products/<str:product_id>/licences/new/", licences.new, name="licence-new"),
    path("lineage/<str:edge_id>/", lineage.change, name="edge"),
    path("licences/<str:licence_id>/revoke/", licences.revoke, name="licence-revoke"),
    path("workers/", workers.workers, name="workers"),
    path("workers/new/", workers.new, name="worker-new"),
    path("workers/download.<str:form>", workers.download, name="workers-download"),
    path("workers/<str:worker_id>/", worker.worker, name="worker"),
    path("workers/<str:worker_id>/consent/", worker.consent, name="worker-consent"),
    path("task-types/", task_types.task_types, name="task-types"),
    path("task-types/new/", task_types.new, name="task-type-new"),
    path("organisations/", organisations.organisations, name="organisations"),
    path("organisations/new/", organisations.new, name="organisation-new"),
    path("organisations/<str:organisation_id>/", organisations.organisation, name="organisation"),
    path(
        "organisations/<str:organisation_id>/members/<int:member_id>/remove/",
        organisations.remove,
        name="member-remove",
    ),
]

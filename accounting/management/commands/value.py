"""`manage.py value`: have a product's data valued from the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounting import tasks
from accounting.cases.digits import digit_points
from accounting.core.errors import AccountingError
from accounting.models import Valuation
from accounting.services import valuations
from accounting.services.digits import archive
from accounting.services.valuation_plans import METHODS_OF, Parameters
from contributions.models import Product

BYTES_AT_ONCE = 1 << 20


class Command(BaseCommand):
    """Ask for a valuation, compute it here or in a worker, and use it."""

    help = "Value a product's data, or write the demo's files to try it with."

    def add_arguments(self, parser: ArgumentParser) -> None:
        methods = [method for source in METHODS_OF.values() for method in source]
        parser.add_argument("--product", help="public id of the product")
        parser.add_argument("--method", choices=[str(method) for method in methods])
        parser.add_argument("--validation", type=Path, help="file of the validation set")
        parser.add_argument("--data", type=Path, help="file of the data to be valued")
        parser.add_argument("--title", default="", help="what the valuation is called")
        parser.add_argument("--embedding", default="", help="what the features are")
        parser.add_argument("--k", type=int, default=10, help="neighbours")
        parser.add_argument("--use", action="store_true", help="let it move pay")
        parser.add_argument("--queue", action="store_true", help="leave it to a worker")
        parser.add_argument(
            "--write-digits", type=Path, metavar="FOLDER", help="write the demo's files and stop"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["write_digits"]:
            self._write_digits(options["write_digits"])
            return
        for name in ("product", "method", "data"):
            if not options[name]:
                raise CommandError(f"Name --{name}, or --write-digits.")
        try:
            valuation = self._confirmed(options)
            if options["queue"]:
                tasks.enqueue_valuation(valuation.pk)
            else:
                tasks.work_on_valuation(valuation_id=valuation.pk)
                valuation.refresh_from_db()
            if options["use"]:
                valuations.use(valuation=valuation, chosen_by=None)
        except AccountingError as error:
            raise CommandError(f"{error.code}: {error}") from error
        self.stdout.write(f"{valuation.public_id} {valuation.state} {valuation.failure}".strip())

    def _confirmed(self, options: dict[str, Any]) -> Valuation:
        method = options["method"]
        source = next(source for source, methods in METHODS_OF.items() if method in methods)
        try:
            product = Product.objects.get(pk=Product.number_of(options["product"]))
        except Product.DoesNotExist as error:
            raise CommandError("There is no such product.") from error
        valuation = valuations.ask(
            question=valuations.Question(
                product=product,
                source=source,
                method=method,
                parameters=Parameters(k=options["k"], embedding=options["embedding"]),
                title=options["title"],
            ),
            requested_by=None,
        )
        if valuation.state == Valuation.State.DRAFT:
            if options["validation"] is None:
                raise CommandError("This method needs --validation.")
            path = options["validation"]
            valuations.freeze(valuation=valuation, chunks=_chunks(path), file_name=path.name)
        path = options["data"]
        valuations.stage(valuation=valuation, chunks=_chunks(path), file_name=path.name)
        valuations.confirm(valuation=valuation)
        return valuation

    def _write_digits(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        points = digit_points()
        for name, arrays in (("digits", points.training), ("validation", points.validation)):
            path = folder / f"{name}.npz"
            path.write_bytes(archive(arrays))
            self.stdout.write(str(path))


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(BYTES_AT_ONCE):
            yield chunk

"""`manage.py value` goes the whole way from files to pay."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from accounting.models.valuation import valuations_in_use
from tests.accounting.valuations import worlds

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_command_values_files_and_uses_the_result(tmp_path: Path) -> None:
    of = worlds.world()
    data, validation = tmp_path / "d.npz", tmp_path / "v.npz"
    data.write_bytes(worlds.npz(worlds.points([c.external_id for c in of.contributions])))
    validation.write_bytes(worlds.validation())
    said = StringIO()
    call_command(
        "value",
        product=of.product.public_id,
        method="owner_shapley",
        validation=validation,
        data=data,
        k=3,
        use=True,
        stdout=said,
    )
    assert "computed" in said.getvalue()
    assert of.product.pk in valuations_in_use([of.product.pk])


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    of = worlds.world(1)
    data = tmp_path / "d.csv"
    data.write_text("contribution,score\nnobody,1\n")
    with pytest.raises(CommandError, match="valuation_names_unknown"):
        call_command("value", product=of.product.public_id, method="other", data=data)
    with pytest.raises(CommandError, match="--validation"):
        call_command("value", product=of.product.public_id, method="owner_shapley", data=data)
    with pytest.raises(CommandError, match="no such product"):
        call_command("value", product="prd_x", method="other", data=data)


def test_the_demos_files_can_be_written_out(tmp_path: Path) -> None:
    call_command("value", write_digits=tmp_path, stdout=StringIO())
    with np.load(tmp_path / "digits.npz", allow_pickle=False) as stored:
        assert {"features", "labels", "contributions"} == set(stored.files)

"""Files of strangers: every format says the same, and hostile ones cost little."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from accounting.valuation.files import refusals
from accounting.valuation.files.limits import Limits
from accounting.valuation.files.points import PointFile
from accounting.valuation.files.reading import Content, read_arrays, read_document, read_file
from accounting.valuation.files.scores import Columns

FEATURES = np.random.default_rng(1).normal(size=(30, 4))
LABELS = np.arange(30) % 3
NAMES = np.array([f"row-{place % 4}" for place in range(30)])


def as_npz(path: Path) -> None:
    makers = np.stack([NAMES, np.full(30, "reviewer")], axis=1)
    np.savez(path, features=FEATURES, labels=LABELS, contributions=makers)


def as_csv(path: Path) -> None:
    lines = ["f1,f2,f3,f4,label,contribution,reviewer"]
    for row, label, name in zip(FEATURES.tolist(), LABELS, NAMES, strict=True):
        lines.append(",".join([*map(repr, row), str(label), name, "reviewer"]))
    path.write_text("\n".join(lines) + "\n")


def table() -> pa.Table:
    embedding = pa.FixedSizeListArray.from_arrays(pa.array(FEATURES.ravel()), 4)
    makers = [[name, "reviewer"] for name in NAMES.tolist()]
    return pa.table({"embedding": embedding, "label": LABELS, "contributions": makers})


def as_parquet(path: Path) -> None:
    pq.write_table(table(), path)


def as_arrow(path: Path) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table().schema) as writer:
        writer.write_table(table())


def as_stream(path: Path) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table().schema) as writer:
        writer.write_table(table())


def read(path: Path, content: Content = Content.POINTS, **options: Any) -> PointFile:
    into = path.with_name("out.npz")
    read_file(path, content, into=into, **options)
    return PointFile.from_arrays(read_arrays(into))


@pytest.mark.parametrize("write", [as_npz, as_csv, as_parquet, as_arrow, as_stream])
def test_every_format_says_the_same(write: Any, tmp_path: Path) -> None:
    path = tmp_path / "upload.npz"
    write(path)
    found = read(path)
    assert np.array_equal(found.features, FEATURES)
    assert found.labels.tolist() == [str(label) for label in LABELS]
    assert found.names == ["reviewer", "row-0", "row-1", "row-2", "row-3"]
    assert np.diff(found.starts).tolist() == [2] * 30
    assert not found.of_workers


def test_an_archive_that_claims_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (10**9, 10**3)}
    )
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("features.npy", header.getvalue())
    with pytest.raises(refusals.FileTooLarge):
        read(path)


def test_an_archive_that_unpacks_to_more_than_is_taken_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, features=np.zeros((200_000, 10)), labels=np.zeros(200_000))
    assert path.stat().st_size < 100_000
    with pytest.raises(refusals.FileTooLarge):
        read(path, limits=Limits(table_bytes=1_000_000))


def test_a_reader_without_memory_or_time_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "upload.npz"
    as_npz(path)
    with pytest.raises(refusals.ReaderStopped):
        read(path, limits=Limits(wall_seconds=0))
    np.savez(path, features=np.zeros((2_000_000, 10)), labels=np.zeros(2_000_000))
    with pytest.raises(refusals.ReaderStopped):
        read(path, limits=Limits(memory_bytes=50_000_000))
    assert not path.with_name("out.npz").exists()


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"features": FEATURES[:, 0]}, refusals.ColumnUnusable),
        ({"features": FEATURES.astype("U8")}, refusals.ColumnUnusable),
        ({"labels": LABELS[:5]}, refusals.ColumnUnusable),
        ({"labels": None}, refusals.ColumnMissing),
        ({"contributions": None}, refusals.ColumnMissing),
        ({"contributions": np.full(30, "")}, refusals.CellUnusable),
        ({"workers": NAMES}, refusals.ColumnUnusable),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    change: dict[str, Any], refusal: type[Exception], tmp_path: Path
) -> None:
    arrays = {"features": FEATURES, "labels": LABELS, "contributions": NAMES} | change
    path = tmp_path / "upload.npz"
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    with pytest.raises(refusal):
        read(path)


def test_a_validation_set_belongs_to_nobody(tmp_path: Path) -> None:
    path = tmp_path / "upload.csv"
    as_csv(path)
    with pytest.raises(refusals.ColumnUnusable):
        read(path, Content.VALIDATION)


class TestScores:
    def scored(self, text: str, tmp_path: Path, **columns: str) -> dict[str, Any]:
        path, into = tmp_path / "s.csv", tmp_path / "out.npz"
        path.write_text(text)
        read_file(path, Content.SCORES, into=into, columns=Columns(**columns))
        return read_document(into)

    def test_rows_of_one_contribution_add_up(self, tmp_path: Path) -> None:
        found = self.scored("contribution,score,stderr\nb,1,3\na,2,0\nb,4,4\n", tmp_path)
        assert (found["names"], found["runs"], found["errors"]) == (["a", "b"], [[2, 5]], [0, 5])

    def test_columns_of_tools_are_known_and_others_can_be_named(self, tmp_path: Path) -> None:
        known = self.scored("data_name,data_value\na,1\n", tmp_path)
        named = self.scored("who,tau\na,1\n", tmp_path, reference="who", score="tau")
        assert known["runs"] == named["runs"] == [[1.0]]

    def test_runs_keep_their_order_up_to_ten_and_beyond(self, tmp_path: Path) -> None:
        head = ",".join(f"score_{run}" for run in (10, 2, 1))
        found = self.scored(f"worker,{head}\na,10,2,1\n", tmp_path)
        assert (found["runs"], found["of_workers"]) == ([[1.0], [2.0], [10.0]], True)

    @pytest.mark.parametrize(
        ("text", "refusal"),
        [
            ("score\n1\n", refusals.ColumnMissing),
            ("contribution\na\n", refusals.ColumnMissing),
            ("contribution,score\n,1\n", refusals.CellUnusable),
            ("contribution,score\na,inf\n", refusals.CellUnusable),
            ("contribution,score\n", refusals.FileEmpty),
        ],
    )
    def test_scores_that_do_not_fit_are_refused(
        self, text: str, refusal: type[Exception], tmp_path: Path
    ) -> None:
        with pytest.raises(refusal):
            self.scored(text, tmp_path)


class TestCoalitions:
    def tabled(self, text: str, tmp_path: Path) -> dict[str, Any]:
        path, into = tmp_path / "t.csv", tmp_path / "out.npz"
        path.write_text(text)
        read_file(path, Content.COALITIONS, into=into)
        return read_document(into)

    def test_names_and_columns_of_players_say_the_same(self, tmp_path: Path) -> None:
        named = self.tabled("coalition,metric\n,0\na,1\na;b,3\n", tmp_path)
        columns = self.tabled("a,b,metric\n0,0,0\n1,0,1\n1,1,3\n", tmp_path)
        assert named == columns
        assert named["coalitions"] == [[], [0], [0, 1]]

    def test_repetitions_are_told_by_their_column_or_counted(self, tmp_path: Path) -> None:
        counted = self.tabled("coalition,metric\na,1\nb,2\na,3\n", tmp_path)
        told = self.tabled("coalition,metric,run\na,1,x\nb,2,x\na,3,y\n", tmp_path)
        assert counted["repetitions"] == told["repetitions"] == [0, 0, 1]

    @pytest.mark.parametrize(
        ("text", "refusal"),
        [
            ("coalition\na\n", refusals.ColumnMissing),
            ("coalition,metric\na,nan\n", refusals.CellUnusable),
            ("a,metric\n2,1\n", refusals.CellUnusable),
        ],
    )
    def test_tables_that_do_not_fit_are_refused(
        self, text: str, refusal: type[Exception], tmp_path: Path
    ) -> None:
        with pytest.raises(refusal):
            self.tabled(text, tmp_path)

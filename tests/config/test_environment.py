from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.environment import Environment, EnvironmentUnusable, local_secret


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(EnvironmentUnusable, match="HUISU_DATA is missing"):
        Environment({"HUISU_DATA": "  "}).text("HUISU_DATA")


@pytest.mark.parametrize("value", ["maybe", "2", "ja"])
def test_a_flag_that_says_neither_yes_nor_no_is_refused(value: str) -> None:
    with pytest.raises(EnvironmentUnusable, match="HUISU_DEBUG must be yes or no"):
        Environment({"HUISU_DEBUG": value}).flag("HUISU_DEBUG", default=False)


@pytest.mark.parametrize(("value", "meant"), [("1", True), ("Yes", True), ("off", False)])
def test_a_flag_reads_the_usual_words(value: str, *, meant: bool) -> None:
    assert Environment({"X": value}).flag("X", default=not meant) is meant


@given(st.integers(min_value=0))
def test_a_whole_number_is_read_back(number: int) -> None:
    assert Environment({"X": str(number)}).whole_number("X", 7) == number


@pytest.mark.parametrize("value", ["-1", "1.0", "1e3", "1_000", "\uff11\uff12", "x"])
def test_a_number_written_otherwise_is_refused(value: str) -> None:
    with pytest.raises(EnvironmentUnusable, match="X must be a whole number"):
        Environment({"X": value}).whole_number("X", 7)


def test_names_are_separated_by_commas() -> None:
    assert Environment({"X": "a.example, b.example,"}).names("X", None) == [
        "a.example",
        "b.example",
    ]


def test_an_unknown_mode_is_refused_with_the_known_ones() -> None:
    with pytest.raises(EnvironmentUnusable, match="must be one of local, production"):
        Environment({"X": "test"}).one_of("X", ("local", "production"), "local")


def test_a_secret_comes_from_a_file_and_never_from_a_variable(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("hidden\n")
    assert Environment({"SECRET_KEY_FILE": str(file)}).secret("SECRET_KEY") == "hidden"
    with pytest.raises(EnvironmentUnusable, match="SECRET_KEY_FILE is missing"):
        Environment({"SECRET_KEY": "shown"}).secret("SECRET_KEY")


def test_an_empty_or_absent_secret_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    variables = Environment({"SECRET_KEY_FILE": str(file)})
    with pytest.raises(EnvironmentUnusable, match="cannot be read"):
        variables.secret("SECRET_KEY")
    file.write_text("\n")
    with pytest.raises(EnvironmentUnusable, match="names an empty file"):
        variables.secret("SECRET_KEY")


def test_a_database_address_may_name_a_host_or_a_socket(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("p@ss/word\n")
    over_tcp = Environment(
        {
            "DATABASE_URL": "postgresql://app@db:5433/huisu?sslmode=require",
            "DATABASE_PASSWORD_FILE": str(password),
        }
    ).database("DATABASE_URL")
    assert (over_tcp["HOST"], over_tcp["PORT"], over_tcp["NAME"]) == ("db", "5433", "huisu")
    assert (over_tcp["USER"], over_tcp["PASSWORD"]) == ("app", "p@ss/word")
    assert over_tcp["OPTIONS"] == {"sslmode": "require"}

    socket = Environment({"DATABASE_URL": "postgresql://u:p%40@/n?host=%2Frun%2Fa%20b"})
    over_socket = socket.database("DATABASE_URL")
    assert (over_socket["HOST"], over_socket["PORT"]) == ("/run/a b", "")
    assert over_socket["PASSWORD"] == "p@"  # noqa: S105


@pytest.mark.parametrize(
    "value", ["mysql://u@h/d", "postgresql://u@h", "postgresql://u@h/", "huisu"]
)
def test_another_kind_of_address_is_refused(value: str) -> None:
    with pytest.raises(EnvironmentUnusable, match="DATABASE_URL must be postgresql://"):
        Environment({"DATABASE_URL": value}).database("DATABASE_URL")


def test_a_local_secret_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret-key"
    secret = local_secret(path)
    assert len(secret) >= 50
    assert local_secret(path) == secret
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from contributions.log.advance import Advance
from contributions.log.checkpoint import sign_checkpoint
from contributions.log.cosignature import cosign
from contributions.log.keys import KeyType, SignerKey
from contributions.log.leaves import Statement, commit
from contributions.log.proofs import consistency_proof
from contributions.log.receipt import LoggedRecord, Receipt, issue_receipt
from contributions.log.verify import main
from tests.contributions.log.published import (
    ORIGIN,
    SIGNER,
    WITNESS,
    checkpoint_of,
    entries,
    tree_of,
)

ROOT = Path(__file__).parents[3]
RECORD = b'{"seconds":3600}'
STATEMENT = Statement("contribution", "c-17", sha256(RECORD).digest())
SALT = bytes(16)
ITEMS = [*entries(9), commit(STATEMENT, SALT), *entries(4, prefix="later")]
NOTE = sign_checkpoint(checkpoint_of(tree_of(ITEMS)), SIGNER)
LOG_KEY = str(SIGNER.verifier)


def receipt_under(note: str) -> Receipt:
    return issue_receipt(
        record=LoggedRecord(STATEMENT, SALT, 9),
        nodes=tree_of(ITEMS),
        checkpoint=note,
        key=SIGNER.verifier,
    )


def advance_to(items: list[bytes], old_size: int) -> str:
    tree = tree_of(items)
    note = str(sign_checkpoint(checkpoint_of(tree), SIGNER))
    return str(Advance(old_size, consistency_proof(tree, old_size, len(items)), note))


@pytest.fixture
def receipt(tmp_path: Path) -> Path:
    path = tmp_path / "receipt.json"
    path.write_text(str(receipt_under(str(NOTE))), encoding="utf-8")
    return path


@pytest.fixture
def older(tmp_path: Path) -> Path:
    path = tmp_path / "older"
    path.write_text(str(NOTE), encoding="utf-8")
    return path


@pytest.fixture
def advance(tmp_path: Path) -> Path:
    path = tmp_path / "advance"
    path.write_text(advance_to([*ITEMS, *entries(50)], len(ITEMS)), encoding="utf-8")
    return path


def test_a_receipt_is_checked_offline_without_django(receipt: Path) -> None:
    program = (
        "import runpy, sys\n"
        "sys.modules['django'] = None\n"
        "sys.modules['socket'] = None\n"
        f"sys.argv = ['verify', {str(receipt)!r}, '--key', {LOG_KEY!r}]\n"
        "runpy.run_module('contributions.log.verify', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.returncode == 0
    assert "The contribution c-17 is leaf 9 of the log" in done.stdout
    assert done.stdout.endswith("Verified.\n")


def test_a_tampered_receipt_is_named_and_fails(receipt: Path) -> None:
    receipt.write_text(receipt.read_text().replace('"index":9', '"index":8'))
    done = subprocess.run(
        [sys.executable, "-m", "contributions.log.verify", str(receipt), "--key", LOG_KEY],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == (
        "Does not hold: The inclusion proof does not lead to the root of the checkpoint.\n"
    )


def test_without_a_key_the_receipts_own_key_is_used_and_shown(
    receipt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(receipt)]) == 0
    assert f"the key the log publishes: {LOG_KEY}" in " ".join(capsys.readouterr().out.split())


def test_another_logs_key_refuses_the_receipt(
    receipt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    impostor = SignerKey(ORIGIN, KeyType.NOTE, bytes(32)).verifier
    assert main([str(receipt), "--key", str(impostor)]) == 1
    assert "not signed by any of the keys you trust" in capsys.readouterr().out


def test_the_record_is_compared_with_its_receipt(
    receipt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = tmp_path / "record.json"
    record.write_bytes(RECORD)
    assert main([str(receipt), "--record", str(record)]) == 0
    assert "The record you have is the one that was logged." in capsys.readouterr().out
    record.write_bytes(RECORD.replace(b"3600", b"7200"))
    assert main([str(receipt), "--record", str(record)]) == 1
    assert "not the one that was logged" in capsys.readouterr().out


def test_a_witness_one_relies_on_must_have_cosigned(
    receipt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(receipt), "--key", LOG_KEY, "--witness", str(WITNESS.verifier)]
    assert main(arguments) == 1
    assert "union.example/witness has not cosigned" in capsys.readouterr().out
    cosigned = NOTE.signed(cosign(NOTE, WITNESS, cosigned_at_seconds=1_793_548_800))
    receipt.write_text(str(receipt_under(str(cosigned))), encoding="utf-8")
    assert main(arguments) == 0
    assert "cosigned at 2026-11-01 16:00:00 UTC" in capsys.readouterr().out


def test_growth_since_a_kept_checkpoint_is_confirmed(
    advance: Path, older: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(advance), "--older", str(older), "--key", LOG_KEY]) == 0
    assert "grew from 14 to 64 leaves" in capsys.readouterr().out


def test_growth_since_a_kept_receipt_is_confirmed(
    advance: Path, receipt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(advance), "--older", str(receipt)]) == 0
    assert "left every older leaf as it was" in capsys.readouterr().out


def test_a_rewritten_log_is_refused(
    advance: Path, older: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    advance.write_text(advance_to([b"rewritten", *ITEMS[1:], *entries(50)], 14), encoding="utf-8")
    assert main([str(advance), "--older", str(older), "--key", LOG_KEY]) == 1
    assert "does not lead to the root of the older tree" in capsys.readouterr().out
    advance.write_text(advance_to([b"rewritten", *ITEMS[1:]], 14), encoding="utf-8")
    assert main([str(advance), "--older", str(older), "--key", LOG_KEY]) == 1
    assert "its history was re-signed" in capsys.readouterr().out


def test_an_advance_needs_an_older_state_and_a_key(
    advance: Path, older: Path, receipt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(advance), "--key", LOG_KEY]) == 1
    assert "with --older" in capsys.readouterr().out
    assert main([str(advance), "--older", str(older)]) == 1
    assert "with --key" in capsys.readouterr().out
    assert main([str(receipt), "--older", str(older)]) == 1
    assert "this is a receipt" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[1]", b"{}", b"old 1\n", b"{" * 50_000])
def test_files_that_are_no_receipt_fail_with_a_sentence(
    receipt: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt.write_bytes(content)
    assert main([str(receipt)]) == 1
    assert capsys.readouterr().out.startswith("Does not hold: ")


def test_a_missing_or_oversized_file_fails_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "absent")]) == 1
    assert "cannot be read: No such file" in capsys.readouterr().out
    large = tmp_path / "large"
    large.write_bytes(bytes(4_000_001))
    assert main([str(large)]) == 1
    assert "too large" in capsys.readouterr().out

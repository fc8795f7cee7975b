from pathlib import Path

import pytest

from contributions.log.advance import HistoryRewritten, LogRolledBack
from contributions.log.checkpoint import open_checkpoint, sign_checkpoint
from contributions.log.cosignature import Cosignature, read_cosignatures
from contributions.log.keys import KeyType, SignerKey, VerifierKey
from contributions.log.note import Note, NotSignedByKnownKey
from contributions.log.tiles import TileMissing
from contributions.log.witness import StateUnusable, TilesNotSigned, main, witness_log
from tests.contributions.log.published import (
    SIGNER,
    WITNESS,
    PublishedLog,
    checkpoint_of,
    entries,
    tree_of,
)

NOW = 1_793_548_800
LOG_KEY = str(SIGNER.verifier)


@pytest.fixture
def log(tmp_path: Path) -> PublishedLog:
    published = PublishedLog(tmp_path / "log")
    published.append(entries(300))
    return published


@pytest.fixture
def state_path(tmp_path: Path) -> Path:
    return tmp_path / "witness.json"


@pytest.fixture
def key_path(tmp_path: Path) -> Path:
    path = tmp_path / "witness.key"
    path.write_text(WITNESS.encoded(), encoding="utf-8")
    return path


def look(log: PublishedLog, state_path: Path, *, at_seconds: int = NOW) -> Note:
    return witness_log(
        read=log.read,
        log_keys=[SIGNER.verifier],
        signer=WITNESS,
        state_path=state_path,
        cosigned_at_seconds=at_seconds,
    )


def test_a_growing_log_is_cosigned_each_time(log: PublishedLog, state_path: Path) -> None:
    for size, moment in ((300, NOW), (301, NOW + 60), (301, NOW + 120), (1500, NOW + 180)):
        log.append(entries(1500)[log.tree.frontier.size : size])
        note = look(log, state_path, at_seconds=moment)
        assert open_checkpoint(str(note), [SIGNER.verifier]).size == size
        assert read_cosignatures(note, [WITNESS.verifier]) == (Cosignature(WITNESS.name, moment),)


def test_an_empty_log_is_cosigned(tmp_path: Path, state_path: Path) -> None:
    assert read_cosignatures(look(PublishedLog(tmp_path / "new"), state_path), [WITNESS.verifier])


def test_a_history_re_signed_with_the_logs_own_key_is_refused(
    log: PublishedLog, state_path: Path, tmp_path: Path
) -> None:
    look(log, state_path)
    rewritten = PublishedLog(tmp_path / "rewritten")
    rewritten.append([*entries(150), b"rewritten", *entries(400)[151:]])
    with pytest.raises(HistoryRewritten, match=r"400 leaves .* does not contain .* 300 leaves"):
        look(rewritten, state_path)
    # A refusal changes nothing: the true log is still welcome.
    log.append(entries(10))
    look(log, state_path)


def test_another_tree_of_the_same_size_is_refused(
    log: PublishedLog, state_path: Path, tmp_path: Path
) -> None:
    look(log, state_path)
    rewritten = PublishedLog(tmp_path / "rewritten")
    rewritten.append([b"rewritten", *entries(300)[1:]])
    with pytest.raises(HistoryRewritten, match="two different trees of 300 leaves"):
        look(rewritten, state_path)


def test_a_log_restored_from_an_older_copy_is_refused(
    log: PublishedLog, state_path: Path, tmp_path: Path
) -> None:
    look(log, state_path)
    restored = PublishedLog(tmp_path / "restored")
    restored.append(entries(299))
    with pytest.raises(LogRolledBack, match="shows 299 leaves but had signed 300"):
        look(restored, state_path)


def test_a_checkpoint_of_another_key_is_refused(log: PublishedLog, state_path: Path) -> None:
    impostor = SignerKey(SIGNER.name, KeyType.NOTE, bytes(32))
    note = sign_checkpoint(checkpoint_of(tree_of(entries(300))), impostor)
    (log.folder / "checkpoint").write_text(str(note), encoding="utf-8")
    with pytest.raises(NotSignedByKnownKey):
        look(log, state_path)


def test_tiles_that_do_not_make_the_signed_root_are_refused(
    log: PublishedLog, state_path: Path
) -> None:
    (log.folder / "tile/0/001.p/44").write_bytes(bytes(44 * 32))
    with pytest.raises(TilesNotSigned):
        look(log, state_path)
    (log.folder / "tile/0/001.p/44").unlink()
    with pytest.raises(TileMissing):
        look(log, state_path)
    assert not state_path.exists()


def test_a_witness_that_lost_its_memory_to_damage_does_not_sign(
    log: PublishedLog, state_path: Path
) -> None:
    for damage in ("", "{", "[]", f'{{"{SIGNER.name}": 1}}'):
        state_path.write_text(damage, encoding="utf-8")
        with pytest.raises(StateUnusable):
            look(log, state_path)


def test_one_witness_remembers_several_logs(
    log: PublishedLog, state_path: Path, tmp_path: Path
) -> None:
    other_key = SignerKey("other.example/log", KeyType.NOTE, bytes(32))
    other = PublishedLog(tmp_path / "other")
    checkpoint = checkpoint_of(tree_of([]))
    moved = type(checkpoint)(other_key.name, checkpoint.size, checkpoint.root)
    (other.folder / "checkpoint").write_text(str(sign_checkpoint(moved, other_key)))
    look(log, state_path)
    witness_log(
        read=other.read,
        log_keys=[other_key.verifier],
        signer=WITNESS,
        state_path=state_path,
        cosigned_at_seconds=NOW,
    )
    rewritten = PublishedLog(tmp_path / "rewritten")
    rewritten.append([b"rewritten", *entries(400)[1:]])
    with pytest.raises(HistoryRewritten):
        look(rewritten, state_path)


def test_the_command_makes_a_key_and_keeps_it_to_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "union.key"
    assert main(["new-key", "union.example/w1", str(path)]) == 0
    public = VerifierKey.parse(capsys.readouterr().out.strip())
    assert public.type is KeyType.COSIGNATURE
    assert SignerKey.parse(path.read_text().strip()).verifier == public
    assert path.stat().st_mode & 0o777 == 0o600
    assert main(["new-key", "union.example/w1", str(path)]) == 1
    assert "not overwritten" in capsys.readouterr().err


def test_the_command_cosigns_and_then_names_a_re_signed_history(
    log: PublishedLog,
    state_path: Path,
    key_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = tmp_path / "cosigned"
    rest = ["--log-key", LOG_KEY, "--key", str(key_path), "--state", str(state_path)]
    assert main(["cosign", str(log.folder), *rest, "--output", str(output)]) == 0
    shown = capsys.readouterr().out
    assert output.read_text(encoding="utf-8") == shown
    assert read_cosignatures(Note.parse(shown), [WITNESS.verifier])

    seen_before = log.note()
    rewritten = PublishedLog(tmp_path / "rewritten")
    offered = rewritten.append([b"rewritten", *entries(400)[1:]])
    assert main(["cosign", str(rewritten.folder), *rest]) == 1
    refusal = capsys.readouterr().err
    assert "its history was re-signed" in refusal
    # Both signed checkpoints are handed over as evidence.
    assert seen_before in refusal
    assert offered in refusal


@pytest.mark.parametrize("content", ["", "not a key", LOG_KEY, SIGNER.encoded()])
def test_the_command_refuses_to_sign_with_an_unfit_key(
    log: PublishedLog,
    state_path: Path,
    key_path: Path,
    content: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key_path.write_text(content, encoding="utf-8")
    rest = ["--log-key", LOG_KEY, "--key", str(key_path), "--state", str(state_path)]
    assert main(["cosign", str(log.folder), *rest]) == 1
    assert capsys.readouterr().err.startswith("Refused: ")


def test_the_command_names_a_state_folder_that_is_not_there(
    log: PublishedLog, key_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = str(tmp_path / "absent" / "state.json")
    arguments = ["--log-key", LOG_KEY, "--key", str(key_path), "--state", state]
    assert main(["cosign", str(log.folder), *arguments]) == 1
    assert "No such file" in capsys.readouterr().err

import pytest

from contributions.log.advance import (
    Advance,
    AnotherLog,
    HistoryRewritten,
    LogRolledBack,
    MalformedAdvance,
    open_advance,
    require_extension,
)
from contributions.log.checkpoint import Checkpoint, sign_checkpoint
from contributions.log.merkle import MemoryTree
from contributions.log.note import SignatureDoesNotHold
from contributions.log.proofs import NotConsistent, consistency_proof
from tests.contributions.log.published import SIGNER, checkpoint_of, entries, tree_of

OLDER = checkpoint_of(tree_of(entries(6)))
NEWER_TREE = tree_of(entries(21))


def advance_from(old_size: int, tree: MemoryTree) -> Advance:
    proof = consistency_proof(tree, old_size, tree.frontier.size)
    return Advance(old_size, proof, str(sign_checkpoint(checkpoint_of(tree), SIGNER)))


def test_the_text_of_an_advance_is_the_request_of_the_standard() -> None:
    # The example of C2SP tlog-witness, with one of its signatures.
    text = (
        "old 20852014\n"
        "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
        "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
        "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
        "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
        "\n"
        "example.com/behind-the-sofa\n"
        "20852163\n"
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
        "\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5"
        "/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    )
    advance = Advance.parse(text)
    assert (advance.old_size, len(advance.proof)) == (20_852_014, 4)
    assert advance.note.startswith("example.com/behind-the-sofa\n20852163\n")
    assert str(advance) == text


@pytest.mark.parametrize("old_size", [0, 1, 6, 16, 21])
def test_a_log_that_only_grew_is_believed(old_size: int) -> None:
    older = checkpoint_of(tree_of(entries(old_size)))
    advance = Advance.parse(str(advance_from(old_size, NEWER_TREE)))
    newer = open_advance(advance, older=older, keys=[SIGNER.verifier])
    assert newer == checkpoint_of(NEWER_TREE)


def test_a_log_that_changed_an_old_leaf_is_not_believed() -> None:
    rewritten = tree_of([b"rewritten", *entries(21)[1:]])
    with pytest.raises(NotConsistent):
        open_advance(advance_from(6, rewritten), older=OLDER, keys=[SIGNER.verifier])


def test_two_signed_trees_of_one_size_are_a_rewritten_history() -> None:
    rewritten = tree_of([b"rewritten", *entries(6)[1:]])
    with pytest.raises(HistoryRewritten, match="re-signed"):
        open_advance(advance_from(6, rewritten), older=OLDER, keys=[SIGNER.verifier])


def test_a_smaller_tree_is_a_rollback() -> None:
    smaller = tree_of(entries(5))
    with pytest.raises(LogRolledBack, match="shows 5 leaves but had signed 6"):
        open_advance(advance_from(5, smaller), older=OLDER, keys=[SIGNER.verifier])


def test_a_proof_from_another_size_proves_nothing_about_this_one() -> None:
    with pytest.raises(NotConsistent, match="starts from 8 leaves"):
        open_advance(advance_from(8, NEWER_TREE), older=OLDER, keys=[SIGNER.verifier])


def test_an_unsigned_size_is_refused_before_anything_else() -> None:
    advance = advance_from(6, NEWER_TREE)
    altered = Advance(6, advance.proof, advance.note.replace("\n21\n", "\n22\n"))
    with pytest.raises(SignatureDoesNotHold):
        open_advance(altered, older=OLDER, keys=[SIGNER.verifier])


def test_checkpoints_of_two_logs_are_not_compared() -> None:
    other = Checkpoint("other.example", OLDER.size, OLDER.root)
    with pytest.raises(AnotherLog):
        require_extension(older=other, newer=OLDER, proof=())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "old 6\n",
        "old 06\n\nnote",
        "old -6\n\nnote",
        "old six\n\nnote",
        "new 6\n\nnote",
        "old 6\nnot base64\n\nnote",
        "old 6\n" + "AAAA\n" * 64 + "\nnote",
    ],
)
def test_malformed_advances_are_refused(text: str) -> None:
    with pytest.raises(MalformedAdvance):
        Advance.parse(text)

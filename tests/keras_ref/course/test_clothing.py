"""Getting the course's data set, and checking its counts."""

import os
import subprocess

import pytest

from keras_ref.commands import main
from keras_ref.course import clothing


def _course(root, test=True):
    """Make a folder with the course's thirty counts, of one tiny picture each."""
    for k, split in enumerate(("train", "validation", "test")[: 3 if test else 2]):
        for name, counts in clothing.COUNTS.items():
            (root / split / name).mkdir(parents=True)
            for i in range(counts[k]):
                (root / split / name / f"{i}.jpg").write_bytes(b"a picture")
    return root


def test_the_thirty_counts(tmp_path):
    root = _course(tmp_path / "c")
    assert clothing.verify(root) == (30, [])
    (root / "train/hat/0.jpg").unlink()
    assert clothing.verify(root) == (29, ["train/hat has 122 pictures where the course's data set has 123."])
    assert sum(sum(counts) for counts in clothing.COUNTS.values()) == 3781


def test_an_absent_test_folder_is_unchecked_not_failed(tmp_path):
    assert clothing.verify(_course(tmp_path / "c", test=False)) == (
        20,
        ["test/ is absent: its 10 counts are unchecked."],
    )


def test_command_clones(command, clothes, tmp_path):
    import shutil

    source = shutil.copytree(clothes, tmp_path / "source")
    (source / "train/outside").symlink_to("/etc")
    who = ["-c", "user.name=n", "-c", "user.email=e@x"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "pictures"]):
        subprocess.run(["git", *who, *arguments], cwd=source, check=True)
    done = command("data", "--source", source.as_uri(), "--dest", "got")
    assert "0 of 30 counts agree" in done.out and "train/hat has 0 pictures" in done.out
    assert not (tmp_path / "got/train/outside").is_symlink() and not (tmp_path / "got/train/outside").is_dir()
    assert (tmp_path / "got/train/red/0.jpg").read_bytes() == (clothes / "train/red/0.jpg").read_bytes()


def test_a_link_that_leads_elsewhere_is_left_behind(clothes, tmp_path):
    import shutil

    source = shutil.copytree(clothes, tmp_path / "source")
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"private")
    (source / "train/red/link.jpg").symlink_to(secret)
    assert main(["data", "--source", str(source), "--dest", str(tmp_path / "got")]) == 0
    assert (tmp_path / "got/train/red/0.jpg").is_file() and not (tmp_path / "got/train/red/link.jpg").exists()


def test_refusals(clothes, tmp_path, refused):
    refused(["data", "--dest", clothes], "already exists")
    refused(["data", "--source", tmp_path / "nowhere", "--dest", tmp_path / "got"], "could not be cloned")
    assert not list(tmp_path.iterdir())
    refused(["data", "describe"], "needs the folder")
    refused(["data", "verify", tmp_path / "nowhere"], "is not there")


@pytest.mark.skipif("CLOTHING_DATASET" not in os.environ, reason="CLOTHING_DATASET does not name the photographs")
def test_the_photographs_have_the_courses_counts():
    agree, sentences = clothing.verify(os.environ["CLOTHING_DATASET"])
    assert agree >= 20 and all("unchecked" in sentence for sentence in sentences)

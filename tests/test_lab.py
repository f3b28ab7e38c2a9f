"""`grader lab`: what is put into the work folder, and that nothing a student wrote is ever lost."""

import doctest
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT, wait_for_jupyter
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import lab
from grader.cli import main
from grader.lab import MANIFEST, kit_files, prepare

A = "notebooks/a.ipynb"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "work"


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in (MANIFEST, ".gitignore")
    }


# --- nothing is lost ------------------------------------------------------------------------------


def test_an_untouched_file_follows_the_kit(folder):
    assert prepare(folder, {A: b"one"}).added == [A]
    assert prepare(folder, {A: b"two"}).updated == [A]
    assert contents(folder) == {A: b"two"}


def test_an_edited_file_is_kept_and_the_new_version_put_beside_it_once(folder):
    prepare(folder, {A: b"one"})
    (folder / A).write_bytes(b"mine")
    assert prepare(folder, {A: b"one"}).beside == {}
    assert prepare(folder, {A: b"two"}).beside == {A: "notebooks/a.new.ipynb"}
    assert contents(folder) == {A: b"mine", "notebooks/a.new.ipynb": b"two"}
    again = prepare(folder, {A: b"two"})
    assert not (again.added or again.updated or again.beside)


def test_a_new_version_that_was_edited_is_kept_too(folder):
    prepare(folder, {A: b"one"})
    (folder / A).write_bytes(b"mine")
    prepare(folder, {A: b"two"})
    (folder / "notebooks/a.new.ipynb").write_bytes(b"mine as well")
    assert prepare(folder, {A: b"three"}).beside == {A: "notebooks/a.new-2.ipynb"}
    assert prepare(folder, {A: b"four"}).beside == {A: "notebooks/a.new-2.ipynb"}
    assert contents(folder) == {
        A: b"mine",
        "notebooks/a.new.ipynb": b"mine as well",
        "notebooks/a.new-2.ipynb": b"four",
    }


def test_a_deleted_file_comes_back(folder):
    prepare(folder, {A: b"one"})
    (folder / A).unlink()
    assert prepare(folder, {A: b"one"}).added == [A]


@pytest.mark.parametrize("damage", ["", "[]", "{", '{"notebooks/a.ipynb": 3}'])
def test_a_damaged_manifest_makes_every_file_count_as_edited(folder, damage):
    prepare(folder, {A: b"one"})
    (folder / MANIFEST).write_text(damage)
    assert prepare(folder, {A: b"two"}).beside == {A: "notebooks/a.new.ipynb"}
    assert contents(folder)[A] == b"one"


def test_a_file_that_was_there_before_is_kept(folder):
    (folder / A).parent.mkdir(parents=True)
    (folder / A).write_bytes(b"somebody's own")
    prepare(folder, {A: b"one"})
    assert contents(folder) == {A: b"somebody's own", "notebooks/a.new.ipynb": b"one"}


@given(st.lists(st.tuples(st.sampled_from(("update", "edit", "edit new")), st.integers(0, 2))))
@settings(max_examples=60, deadline=None)
def test_whatever_a_student_wrote_last_is_still_there(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("work")
    written: dict[str, bytes] = {}
    prepare(folder, {A: b"kit 0"})
    for i, (step, version) in enumerate(steps):
        if step == "update":
            prepare(folder, {A: f"kit {version}".encode()})
        else:
            news = sorted(name for name in contents(folder) if ".new" in name)
            name = news[-1] if step == "edit new" and news else A
            written[name] = f"student {i}".encode()
            (folder / name).write_bytes(written[name])
        assert written.items() <= contents(folder).items()


# --- what is put there ----------------------------------------------------------------------------


def test_the_kit_brings_the_lessons_and_the_released_exercises():
    files = kit_files()
    assert {
        "notebooks/01_meet_a_tensor.ipynb",
        "exercises/e2_local_rules/e2_local_rules.ipynb",
    } <= (files.keys())
    for name, data in files.items():
        text = data.decode()
        nbformat.validate(nbformat.reads(text, as_version=4))
        assert "BEGIN SOLUTION" not in text and "BEGIN HIDDEN" not in text, name
    assert kit_files() == files


def test_no_solution_is_in_the_released_exercise():
    source = (ROOT / "exercises/e2_local_rules/exercise.py").read_text(encoding="utf-8")
    solutions = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", source, re.DOTALL)
    assert len(solutions) == 8
    released = json.loads(kit_files()["exercises/e2_local_rules/e2_local_rules.ipynb"])
    code = "".join("".join(c["source"]) for c in released["cells"] if c["cell_type"] == "code")
    for solution in solutions:
        assert solution.strip() not in code


def test_links_of_the_lessons_lead_somewhere_in_the_work_folder(folder):
    prepare(folder, kit_files())
    for path in (folder / "notebooks").glob("*.ipynb"):
        for link in re.findall(r"\]\((?!http)(.*?)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), f"{path.name}: {link}"


# --- the command ----------------------------------------------------------------------------------


def test_the_command_prepares_and_says_what_it_did(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["lab", "--no-open"]) == 0
    lesson = Path("minigrad-work/notebooks/01_meet_a_tensor.ipynb")
    assert f"added    {lesson}" in capsys.readouterr().out
    assert lesson.exists()
    assert main(["lab", "--no-open"]) == 0
    assert capsys.readouterr().out == "minigrad-work is up to date.\n"


def test_a_work_folder_inside_a_checkout_does_not_show_up_in_git(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    assert main(["lab", str(tmp_path / "mine"), "--no-open"]) == 0
    status = subprocess.run(["git", "status", "--porcelain"], cwd=tmp_path, capture_output=True)
    assert status.stdout == b""


def test_the_kit_itself_and_a_file_are_no_work_folders(tmp_path, capsys):
    assert main(["lab", str(ROOT), "--no-open"]) == 2
    assert "this folder holds the kit itself" in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert main(["lab", str(tmp_path / "file"), "--no-open"]) == 2
    assert "is a file. Name a folder" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="sends Ctrl+C the POSIX way")
def test_it_opens_jupyterlab_on_the_folder_until_ctrl_c(tmp_path):
    runtime = tmp_path / "runtime"
    environment = {**os.environ, "JUPYTER_RUNTIME_DIR": str(runtime)}
    command = [sys.executable, "-m", "grader", "lab", "work", "--no-browser"]
    with (tmp_path / "log").open("w") as log:
        lab = subprocess.Popen(
            command,
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        server = wait_for_jupyter(lab, runtime, "jpserver-*.json", seconds=120)
        assert server, (tmp_path / "log").read_text()
        lesson = "api/contents/notebooks/01_meet_a_tensor.ipynb"
        address = f"{server['url']}{lesson}?token={server['token']}&content=0"
        with urllib.request.urlopen(address, timeout=30) as answer:
            assert json.load(answer)["type"] == "notebook"
        with urllib.request.urlopen(f"{server['url']}lab?token={server['token']}") as answer:
            page = answer.read().decode()
        disabled = re.search(r'"disabledExtensions": (\[.*?\])', page)[1]
        assert "@jupyter/nbgrader:create-assignment" in json.loads(disabled)
        for _ in range(2):
            os.killpg(lab.pid, signal.SIGINT)
            time.sleep(0.5)
        assert lab.wait(60) == 0
    finally:
        if lab.poll() is None:
            os.killpg(lab.pid, signal.SIGKILL)
            lab.wait()


def test_the_examples_in_the_docs_are_true():
    tried = doctest.testmod(lab)
    assert tried.attempted and not tried.failed

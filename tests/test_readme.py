"""The README says what is true: its code runs, its picture is fresh, its commands and files exist.

`python tests/test_readme.py` draws the picture again.
"""

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.cli import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PICTURE = ROOT / "notebooks" / "images" / "graph.svg"


POSIX = pytest.mark.skipif(sys.platform == "win32", reason=".ci/run is a bash script")


def block(language: str, number: int = 0) -> str:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)[number]


def run_example(folder: Path) -> str:
    """Run the README's first lines of Python in a folder; returns what they print."""
    out = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out):
        exec(block("python"), {})
    return out.getvalue()


def test_ten_lines_print_what_the_readme_says(tmp_path):
    code = [line for line in block("python").splitlines() if line]
    assert len(code) <= 10
    assert run_example(tmp_path) == block("text")


def test_torch_prints_the_same_and_draws_the_same(tmp_path):
    code = block("python").replace("import minigrad\n", "import torch as minigrad\n", 1)
    out = io.StringIO()
    with contextlib.chdir(tmp_path), contextlib.redirect_stdout(out):
        exec(code, {})
    assert out.getvalue() == block("text")
    assert (tmp_path / "graph.svg").read_bytes() == PICTURE.read_bytes()


def test_the_picture_comes_first_and_is_fresh(tmp_path):
    assert README.split("\n\n")[1].startswith(f'<img src="{PICTURE.relative_to(ROOT)}"')
    run_example(tmp_path)
    fresh = (tmp_path / "graph.svg").read_bytes()
    assert PICTURE.read_bytes() == fresh, "run: python tests/test_readme.py"


def test_every_command_is_there():
    named = set(re.findall(r"`(?:\S*/)?grader ([a-z]+)", README))
    shown = set(re.findall(r"^(?:\S*/)?grader ([a-z]+)", README, re.MULTILINE))
    assert named | shown == set(COMMANDS)


def test_every_path_is_there():
    rows = re.findall(r"^\| `(.*?)`", README, re.MULTILINE)
    assert rows
    for path in [*rows, *re.findall(r'src="(.*?)"', README), "notebooks/01_meet_a_tensor.ipynb"]:
        assert (ROOT / path).exists(), path


@POSIX
def test_ci_runs_the_command_of_the_readme(tmp_path):
    """.ci/run in a folder of its own, where bash finds a stub in place of every program."""
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").write_bytes((ROOT / ".ci" / "run").read_bytes())
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    programs = ["python3", ".venv/bin/python", ".venv/bin/grader"]
    for program in programs:
        stub = tmp_path / ("bin" if "/" not in program else "") / program
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text(f'#!/bin/sh\necho "{program} $@ CI=$CI" >> "{tmp_path}/ran"\n')
        stub.chmod(0o755)
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    script = ["bash", str(tmp_path / ".ci" / "run")]
    subprocess.run(script, env={**os.environ, "PATH": path, "CI": ""}, check=True, cwd="/")
    assert (tmp_path / "ran").read_text().splitlines() == [
        "python3 -m venv .venv CI=true",
        ".venv/bin/python -m pip install -e .[course,test] CI=true",
        ".venv/bin/grader doctor --fix --yes CI=true",
        ".venv/bin/python -m pytest CI=true",
    ]
    (tmp_path / ".venv/bin/grader").write_text("#!/bin/sh\nexit 3\n")
    assert subprocess.run(script, env={**os.environ, "PATH": path}, cwd="/").returncode == 3


@POSIX
def test_ci_says_so_when_the_readme_lost_its_mark(tmp_path):
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").write_bytes((ROOT / ".ci" / "run").read_bytes())
    (tmp_path / "README.md").write_text(README.replace("<!-- The test", "<!-- A"), encoding="utf-8")
    script = ["bash", str(tmp_path / ".ci" / "run")]
    done = subprocess.run(script, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "README.md no longer marks its test command\n")


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    print(run_example(PICTURE.parent), end="")
    print(f"drew {PICTURE}")

"""What is shipped: a wheel that works in an empty folder, a `minigrad` that needs NumPy alone."""

import importlib
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

from grader.lab import kit_files

TOP_LEVEL = {"pyproject.toml", "README.md", "minigrad", "notebooks", "exercises", "grader", "tests"}

# Lets only the standard library, NumPy and minigrad be imported.
ALONE = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names | {"numpy", "minigrad"}:
            raise ModuleNotFoundError(f"{name} must not be imported", name=name)
sys.meta_path.insert(0, Refuse())
"""


def python(code: str, **options) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- minigrad ------------------------------------------------------------------------------------


def test_minigrad_runs_with_numpy_alone():
    code = """
import numpy
before = set(sys.modules)
import minigrad
x = minigrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
((x + 2) ** 2).mean().backward()
new = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(new - sys.stdlib_module_names))
print([name for name in sys.modules if name.startswith("minigrad.explore")])
"""
    assert python(ALONE + code) == "['minigrad']\n[]\n"


def test_the_picture_needs_numpy_alone():
    code = """
import minigrad
from minigrad.explore import draw
x = minigrad.ones(2, requires_grad=True)
print(draw(x.sum()).svg[:4])
"""
    assert python(ALONE + code) == "<svg\n"


def test_what_is_rarely_used_is_imported_when_it_is_used():
    code = """
import sys
import minigrad
late = ["cephes", "cuda", "linalg", "nn", "optim", "ops.einsum", "ops.functions"]
late += [f"autograd.{name}" for name in ("anomaly_mode", "function", "functional", "numerical")]
print([name for name in late if f"minigrad.{name}" in sys.modules])
print(not {"nn", "optim", "cuda", "einsum"} - set(dir(minigrad)))
print(not {"Function", "gradcheck", "functional"} - set(dir(minigrad.autograd)))
print(callable(minigrad.einsum), callable(minigrad.autograd.gradcheck))
try:
    minigrad.convolution
except AttributeError as error:
    print(error)
"""
    said = "minigrad has no `convolution`; dir(minigrad) lists what it has of torch."
    assert python(code).splitlines() == ["[]", "True", "True", "True True", said]


PARTS = """
autograd autograd.functional cuda functional linalg nn nn.functional nn.init optim
optim.lr_scheduler
"""


@pytest.mark.parametrize(
    "module, name",
    [("errors", "freed"), ("random", "manual_seed"), ("ops.refusals", "no_bounds")],
)
def test_what_stands_for_a_module_lists_what_is_in_it(module, name):
    """Before anything of it was used: this is what completion by the Tab key asks for."""
    told = python(f"import minigrad; print({name!r} in dir(minigrad.{module}))", cwd=ROOT)
    assert told == "True\n"


@pytest.mark.parametrize("part", PARTS.split())
def test_a_part_says_what_it_does_not_have(part):
    module = importlib.import_module(f"minigrad.{part}")
    with pytest.raises(
        AttributeError, match=r"^minigrad\S* has no `Foo`; dir\(minigrad\S*\) lists"
    ):
        module.Foo  # noqa: B018
    assert set(dir(module)) >= set(getattr(module, "__all__", ()))


def test_minigrad_knows_nothing_of_the_grader():
    for path in (ROOT / "minigrad").rglob("*.py"):
        assert "grader" not in path.read_text(encoding="utf-8"), path
    for path in (ROOT / "grader").rglob("*.py"):
        assert "minigrad.explore" not in path.read_text(encoding="utf-8"), path


def test_the_top_level_is_tidy():
    command = ["git", "ls-files"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this is not a checkout")
    top = {name.partition("/")[0] for name in listed.stdout.splitlines()}
    assert {name for name in top if not name.startswith(".")} == TOP_LEVEL


# --- the wheel -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "-w", folder, ROOT], check=True, stdout=subprocess.DEVNULL)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> dict[str, str]:
    """An environment in which the wheel stands before the checkout."""
    site = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", site, wheel]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    environment = {**os.environ, "PYTHONPATH": str(site)}
    code = "import grader, minigrad; print(grader.__file__, minigrad.__file__)"
    for path in python(code, env=environment, cwd=site).split():
        assert path.startswith(str(site))
    return environment


def grader(*words: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "grader", *words]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)


def test_the_wheel_holds_all_that_the_commands_need(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "notebooks", "exercises", "minigrad", "grader"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    for name in tracked.stdout.splitlines():
        inside = name if name.startswith(("minigrad/", "grader/")) else f"grader/course/{name}"
        assert inside in names or name == "exercises/nbgrader_config.py", name
    assert "minigrad/py.typed" in names
    litter = [name for name in names if "__pycache__" in name or ".ipynb_checkpoints" in name]
    assert litter == []


def test_the_wheel_holds_no_solution_and_no_sample_answer(wheel):
    archive = zipfile.ZipFile(wheel)
    texts = {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}
    assert not any("answers" in name for name in texts if name.startswith("grader/course/"))
    solutions = [
        solution.strip()
        for source in (ROOT / "exercises").glob("*/exercise.py")
        for solution in re.findall(
            r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", source.read_text("utf-8"), re.DOTALL
        )
    ]
    assert len(solutions) == 8
    for name, text in texts.items():
        if name.startswith("grader/course/exercises/"):
            assert not [solution for solution in solutions if solution in text], name


def test_the_work_folder_can_be_made_from_the_wheel(installed, tmp_path):
    done = grader("lab", "--no-open", cwd=tmp_path, env=installed)
    assert (done.returncode, done.stderr) == (0, "")
    work = tmp_path / "minigrad-work"
    made = {str(path.relative_to(work)): path.read_bytes() for path in work.rglob("*.ipynb")}
    assert made == kit_files()  # the very notebooks that a checkout makes


def test_answers_are_checked_from_the_wheel(installed, tmp_path):
    code = "from grader import check; check('e2.mul', lambda g, a, b: (g * b, g * a))"
    said = python(code, env=installed, cwd=tmp_path)
    assert said == "e2.mul: right: all 5 answers agree with PyTorch\n"


@pytest.mark.parametrize("command", [("demo",), ("build",), ("build", "course")], ids=" ".join)
def test_what_needs_the_solutions_says_that_the_wheel_has_none(installed, tmp_path, command):
    done = grader(*command, cwd=tmp_path, env=installed)
    assert done.returncode == 2
    assert done.stderr == (
        f"grader {command[0]}: this is a student's installation, without solutions. "
        "Use the project's own folder: see Try it in its README.\n"
    )
    assert list(tmp_path.iterdir()) == []

"""`grader doctor`: the real table of this machine, and decisions for machines that are not here."""

import doctest
import subprocess
import sys
from types import SimpleNamespace

import pytest
from conftest import needs

from grader import doctor
from grader.doctor import Row, cuda_row, plan, sandbox_row, table, torch_build

NAMES = [
    "Python",
    "NumPy",
    "PyTorch",
    "CUDA",
    "JupyterLab",
    "widgets",
    "nbgrader",
    "bubblewrap",
    "sandbox",
    "Chromium",
]


def doctor_here(*options: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "grader", "doctor", *options]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)


# --- this machine ---------------------------------------------------------------------------------


@needs("bubblewrap")
@needs("chromium")
def test_this_machine_has_all_that_is_needed():
    done = doctor_here("--fix", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split()[:2] for line in done.stdout.splitlines() if line and "->" not in line]
    assert [name for _, name in lines[: len(NAMES)]] == NAMES
    assert {state for state, name in lines[: len(NAMES)] if name != "CUDA"} == {"ok"}
    assert "holds" in done.stdout
    assert done.stdout.endswith("No system part is missing.\n")


def test_what_is_missing_is_named_with_its_repair(monkeypatch, capsys):
    missing = doctor.check_package("nbgrader", "nbgrader", "no-such-distribution")
    assert missing.state == "missing" and "no-such-distribution" in missing.found
    monkeypatch.setattr(doctor, "CHECKS", (lambda: missing, doctor.check_python))
    assert doctor.run(SimpleNamespace(fix=False, yes=False)) == 1
    out = capsys.readouterr().out
    assert '-> python -m pip install "minigrad-kit[course]"' in out
    assert out.endswith("Missing: nbgrader. The lines with -> say how to repair it.\n")


def test_a_package_that_is_there_shows_its_version():
    assert doctor.check_package("NumPy", "numpy").found[0].isdigit()
    both = doctor.check_package("widgets", "ipywidgets", "anywidget")
    assert both.state == "ok" and "anywidget" in both.found


def test_the_base_package_alone_is_enough_to_ask(monkeypatch):
    """The doctor is for machines where things are missing: it must import nothing but NumPy."""
    script = (
        "import sys\n"
        "class Block:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        top = name.partition('.')[0]\n"
        "        if top in ('torch', 'jupyterlab', 'nbgrader', 'rich', 'jupytext', 'nbformat'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Block())\n"
        "from grader.cli import main\n"
        "print('code', main(['doctor']))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr == ""
    assert "missing  PyTorch" in done.stdout and done.stdout.endswith("code 1\n")


# --- machines that are not here -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("about", "words"),
    [
        (SimpleNamespace(cuda="12.8", hip=None), "built for CUDA 12.8"),
        (SimpleNamespace(cuda=None, hip="6.4"), "built for ROCm 6.4"),
        (SimpleNamespace(cuda=None, hip=None), "built for the CPU"),
        (SimpleNamespace(cuda=None), "built for the CPU"),
    ],
)
def test_builds_of_torch(about, words):
    assert torch_build(about) == words


@pytest.mark.parametrize(
    ("devices", "build", "driver", "state", "words"),
    [
        (["NVIDIA H100"], "built for CUDA 12.8", True, "ok", "NVIDIA H100"),
        ([], "built for the CPU", True, "without", "this PyTorch is built for the CPU"),
        ([], "built for CUDA 12.8", False, "without", "no NVIDIA driver"),
        ([], "built for CUDA 12.8", True, "without", "PyTorch sees no device"),
    ],
)
def test_cuda_and_why_not(devices, build, driver, state, words):
    row = cuda_row(devices, build, driver)
    assert row.state == state and words in row.found


def test_the_sandbox_row_says_why_no_better_level_holds():
    reasons = {"hybrid": "bubblewrap is not installed", "files": "", "strict": ""}
    assert "files holds (hybrid: bubblewrap" in sandbox_row("files", reasons).found
    none = sandbox_row(None, dict.fromkeys(reasons, "no seccomp"))
    assert none.state == "missing" and "--unsafe" in none.repair


def test_the_table_lines_up_and_colours_only_a_terminal():
    rows = [Row("NumPy", "ok", "2.4"), Row("bubblewrap", "without", "-", "grader doctor --fix")]
    plain = table(rows).splitlines()
    assert plain[0].index("2.4") == plain[1].index("-") == plain[2].index("->")
    assert "\x1b[33mwithout\x1b[0m" in table(rows, colour=True)


# --- the repair -----------------------------------------------------------------------------------


def test_root_installs_with_apt_and_only_what_is_missing():
    update, install = plan(["Chromium"], "/usr/bin/apt-get", root=True, sudo=None).commands
    assert update[0] == "/usr/bin/apt-get" and update[-1] == "update"
    assert install[-2:] == ("--no-install-recommends", "chromium")


def test_a_user_installs_through_sudo():
    commands = plan(["bubblewrap", "Chromium"], "apt-get", root=False, sudo="sudo").commands
    assert [command[0] for command in commands] == ["sudo", "sudo"]
    assert commands[1][-2:] == ("bubblewrap", "chromium")


def test_without_root_or_apt_it_says_what_to_type():
    assert "As root, run: apt-get" in plan(["bubblewrap"], "apt-get", False, None).refusal
    assert "no apt here" in plan(["bubblewrap"], None, True, None).refusal


@pytest.fixture
def fake_apt(tmp_path, monkeypatch):
    """An apt-get and a sudo that only write down how they were called."""
    if sys.platform != "linux":
        pytest.skip("--fix works on Linux only")
    for name in ("apt-get", "sudo"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $@" >> {tmp_path}/log\n')
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "log").touch()
    return tmp_path


MISSING = ["bubblewrap"]


def test_fix_says_first_what_it_will_do_and_then_does_it(fake_apt, capsys):
    assert doctor.fix(MISSING, yes=True)
    out = capsys.readouterr().out
    assert "This will run:" in out and "install -y --no-install-recommends bubblewrap" in out
    lines = (fake_apt / "log").read_text().splitlines()
    assert [line.split()[-1] for line in lines] == ["update", "bubblewrap"]


@pytest.mark.parametrize(("answer", "runs"), [("y", True), ("n", False), ("", False)])
def test_fix_asks_unless_told_not_to(fake_apt, monkeypatch, answer, runs):
    monkeypatch.setattr("builtins.input", lambda prompt: answer)
    assert doctor.fix(MISSING, yes=False) is runs
    assert bool((fake_apt / "log").read_text()) is runs


def test_fix_changes_nothing_where_nobody_can_answer(fake_apt, monkeypatch, capsys):
    def nobody(prompt):
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    assert not doctor.fix(MISSING, yes=False)
    assert "Nothing was changed." in capsys.readouterr().out


def test_a_failing_apt_is_reported(fake_apt, capsys):
    (fake_apt / "apt-get").write_text("#!/bin/sh\nexit 100\n")
    (fake_apt / "sudo").write_text("#!/bin/sh\nexit 100\n")
    assert not doctor.fix(MISSING, yes=True)
    assert "failed with exit code 100" in capsys.readouterr().out


def test_the_examples_in_the_docs_are_true():
    tried = doctest.testmod(doctor)
    assert tried.attempted and not tried.failed

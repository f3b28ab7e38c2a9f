"""`grader doctor`: a table of what is installed, with one line of repair for each thing that is
not.

Three kinds of rows: *ok*; *missing*, which something you asked for needs; *without*, which the kit
can do without, at a price that the row names. `--fix` installs the system parts with apt, after
saying what it will do.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

State = Literal["ok", "missing", "without"]

COURSE_EXTRA = 'python -m pip install "minigrad-kit[course]"   (in a checkout: ".[course]")'
FIX = "grader doctor --fix"
SYSTEM_PARTS = {"bubblewrap": "bubblewrap", "Chromium": "chromium"}  # row -> package of apt
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
COLOURS = {"ok": "32", "missing": "31", "without": "33"}


@dataclass(frozen=True)
class Row:
    """One line of the table; `repair` is empty for an ok row."""

    name: str
    state: State
    found: str
    repair: str = ""


# --- what is there --------------------------------------------------------------------------------


def rows() -> list[Row]:
    """Look at everything that the kit uses, in the order in which the table prints it."""
    return [check() for check in CHECKS]


def check_python() -> Row:
    return Row("Python", "ok", f"{platform.python_version()} ({sys.executable})")


def check_package(name: str, *distributions: str, repair: str = COURSE_EXTRA) -> Row:
    """A row for one or more installed distributions; all of them must be there."""
    try:
        versions = [version(distribution) for distribution in distributions]
    except PackageNotFoundError as error:
        return Row(name, "missing", f"{error.name} is not installed", repair)
    if len(distributions) == 1:
        return Row(name, "ok", versions[0])
    pairs = zip(distributions, versions, strict=True)
    return Row(name, "ok", ", ".join(f"{distribution} {number}" for distribution, number in pairs))


def check_torch() -> Row:
    row = check_package("PyTorch", "torch")
    if row.state != "ok":
        return row
    try:
        import torch
    except Exception as error:  # a broken install raises OSError as well as ImportError
        return Row("PyTorch", "missing", f"cannot be imported: {_first_line(error)}", COURSE_EXTRA)
    return Row("PyTorch", "ok", f"{row.found}, {torch_build(torch.version)}")


def torch_build(about) -> str:
    """Say in a few words what a torch was built for; `about` is `torch.version`."""
    if getattr(about, "cuda", None):
        return f"built for CUDA {about.cuda}"
    if getattr(about, "hip", None):
        return f"built for ROCm {about.hip}"
    return "built for the CPU"


def check_cuda() -> Row:
    try:
        import torch
    except Exception:
        return Row("CUDA", "without", "unknown: PyTorch is missing", "no mark needs CUDA")
    names = [torch.cuda.get_device_name(i) for i in range(_cuda_devices(torch))]
    return cuda_row(names, torch_build(torch.version), shutil.which("nvidia-smi") is not None)


def cuda_row(devices: Sequence[str], build: str, driver: bool) -> Row:
    """The row for CUDA, with the reason where there is none."""
    if devices:
        return Row("CUDA", "ok", ", ".join(devices))
    if "CUDA" not in build:
        reason = f"none: this PyTorch is {build}"
    elif not driver:
        reason = "none: no NVIDIA driver was found"
    else:
        reason = "none: PyTorch sees no device, although a driver is there"
    return Row("CUDA", "without", reason, "nothing to do: no lesson and no mark needs CUDA")


def _cuda_devices(torch) -> int:
    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def check_bubblewrap() -> Row:
    if sys.platform != "linux":
        return Row("bubblewrap", "without", "Linux only", "grading needs Linux (WSL2 will do)")
    found = shutil.which("bwrap")
    if found is None:
        return Row("bubblewrap", "without", "not there: grading uses a plainer sandbox", FIX)
    return Row("bubblewrap", "ok", f"{_output([found, '--version']).removeprefix('bubblewrap ')}")


def check_sandbox() -> Row:
    if sys.platform != "linux":
        return Row("sandbox", "without", "Linux only", "grading needs Linux (WSL2 will do)")
    from grader.sandbox import probe_level

    return sandbox_row(*probe_level())


def sandbox_row(level: str | None, reasons: Mapping[str, str]) -> Row:
    """The row for the sandbox: the best level that holds, and why no better one does.

    Example:
        >>> sandbox_row("files", {"hybrid": "no namespaces", "files": ""}).found
        'level files holds (hybrid: no namespaces)'
    """
    failed = "; ".join(f"{name}: {reason}" for name, reason in reasons.items() if reason)
    if level is None:
        return Row("sandbox", "missing", failed, "grade on another machine, or with --unsafe")
    return Row("sandbox", "ok", f"level {level} holds" + (f" ({failed})" if failed else ""))


def check_chromium() -> Row:
    found = find_chromium()
    if found is None:
        return Row("Chromium", "without", "not there: only the tests use it", FIX)
    return Row("Chromium", "ok", found)


def find_chromium() -> str | None:
    """Return the path of a Chromium or Chrome, the system's or playwright's own, or None."""
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        own = Path.home() / ".cache" / "ms-playwright"
        found = next(map(str, sorted(own.glob("chromium-*/chrome-linux*/chrome"))), None)
    return found


CHECKS: tuple[Callable[[], Row], ...] = (
    check_python,
    lambda: check_package("NumPy", "numpy", repair="python -m pip install numpy"),
    check_torch,
    check_cuda,
    lambda: check_package("JupyterLab", "jupyterlab"),
    lambda: check_package("widgets", "ipywidgets", "anywidget"),
    lambda: check_package("nbgrader", "nbgrader"),
    check_bubblewrap,
    check_sandbox,
    check_chromium,
)


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout.strip()


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


# --- the table ------------------------------------------------------------------------------------


def table(found: Sequence[Row], colour: bool = False) -> str:
    """The table as text; under each row that is not ok stands its line of repair.

    Example:
        >>> print(table([Row("NumPy", "ok", "2.4.6"), Row("nbgrader", "missing", "-", "pip ...")]))
        ok       NumPy     2.4.6
        missing  nbgrader  -
                           -> pip ...
    """
    width = max(len(row.name) for row in found)
    lines = []
    for row in found:
        state = f"{row.state:7}"
        if colour:
            state = f"\x1b[{COLOURS[row.state]}m{state}\x1b[0m"
        lines.append(f"{state}  {row.name:{width}}  {row.found}")
        if row.repair:
            lines.append(f"{'':7}  {'':{width}}  -> {row.repair}")
    return "\n".join(lines)


# --- the repair -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """What `--fix` will do: commands to run in order, or the sentence that says why it cannot."""

    commands: tuple[tuple[str, ...], ...] = ()
    refusal: str = ""


def plan(missing: Sequence[str], apt: str | None, root: bool, sudo: str | None) -> Plan:
    """Decide how to install the missing system parts.

    Args:
        missing: names of rows ("bubblewrap", "Chromium").
        apt: the path of apt-get, None where there is none.
        root: whether this process may install.
        sudo: the path of sudo, None where there is none.

    Example:
        >>> plan(["bubblewrap"], apt="apt-get", root=True, sudo=None).commands[1][-1]
        'bubblewrap'
    """
    packages = [SYSTEM_PARTS[name] for name in missing]
    if not packages:
        return Plan()
    wanted = " and ".join(packages)
    if apt is None:
        return Plan(refusal=f"There is no apt here. Install {wanted} with your package manager.")
    install = (apt, "-o", "Acquire::Retries=3", "install", "-y", "--no-install-recommends")
    commands = ((apt, "-o", "Acquire::Retries=3", "update"), (*install, *packages))
    if root:
        return Plan(commands)
    if sudo is None:
        typed = " && ".join(" ".join(command) for command in commands)
        return Plan(refusal=f"Installing needs root, and there is no sudo. As root, run: {typed}")
    return Plan(tuple((sudo, *command) for command in commands))


def fix(missing: Sequence[str], yes: bool) -> bool:
    """Say what will run, ask unless `yes`, then install the missing parts; True if it worked."""
    if sys.platform != "linux":
        print(
            "\n--fix works on Linux only. Here, install Chromium or Chrome by hand for the tests."
        )
        print("Grading needs Linux; on Windows, WSL2 will do.")
        return False
    root = os.geteuid() == 0
    todo = plan(missing, shutil.which("apt-get"), root, shutil.which("sudo"))
    if todo.refusal:
        print(f"\n{todo.refusal}")
        return False
    print("\nThis will run:")
    for command in todo.commands:
        print(f"    {' '.join(command)}")
    if not yes and not _agreed():
        print("Nothing was changed.")
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in todo.commands:
        sys.stdout.flush()
        status = subprocess.run(command, env=environment).returncode
        if status:
            print(f"This command failed with exit code {status}: {' '.join(command)}")
            return False
    return True


def _agreed() -> bool:
    try:
        return input("Go on? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        print()
        return False


# --- the command ----------------------------------------------------------------------------------


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fix", action="store_true", help="install missing system parts with apt (asks first)"
    )
    parser.add_argument("--yes", action="store_true", help="with --fix: do not ask")


def run(args: argparse.Namespace) -> int:
    """Print the table, repair if asked to; 0 when everything that is needed is there, else 1."""
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    found = rows()
    print(table(found, colour))
    lacking = [row.name for row in found if row.name in SYSTEM_PARTS and row.state != "ok"]
    if args.fix and not lacking:
        print("\nNo system part is missing.")
    elif args.fix:
        if not fix(lacking, args.yes):
            return 1
        print(flush=True)  # a new process looks again: this one remembers what was not there
        return subprocess.run([sys.executable, "-m", "grader", "doctor"]).returncode
    missing = [row.name for row in found if row.state == "missing"]
    if missing:
        print(f"\nMissing: {', '.join(missing)}. The lines with -> say how to repair it.")
    return 1 if missing else 0

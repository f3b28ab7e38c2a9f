"""`grader lab`: a folder of your own with the lessons and exercises, and JupyterLab on it.

What you write there is yours. A file that you have not touched follows the kit's new version; one
that you have edited is never overwritten, and the new version is put beside it as NAME.new.ipynb.
A manifest in the folder remembers, as a hash, what the kit has put there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from grader.cli import CommandError

DEFAULT_FOLDER = "minigrad-work"
MANIFEST = ".minigrad-work.json"

# Parts of JupyterLab that a student has no use for: nbgrader's tools for instructors, and news.
PAGE_CONFIG = ".jupyter/labconfig/page_config.json"
DISABLED = (
    "@jupyter/nbgrader:assignment-list",
    "@jupyter/nbgrader:course-list",
    "@jupyter/nbgrader:create-assignment",
    "@jupyter/nbgrader:formgrader",
    "@jupyter/nbgrader:menu",
    "@jupyterlab/apputils-extension:announcements",
)


@dataclass
class Report:
    """What `prepare` did, as paths inside the work folder."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    beside: dict[str, str] = field(default_factory=dict)  # edited file -> its new version beside it


def kit_files() -> dict[str, bytes]:
    """The notebooks of a student by their path in the work folder: lessons, released exercises."""
    from grader.build import notebook_bytes, student_notebook
    from grader.content import content_root
    from grader.exercises import sets

    lessons = sorted((content_root() / "notebooks").glob("*.ipynb"))
    files = {f"notebooks/{lesson.name}": lesson.read_bytes() for lesson in lessons}
    for name in sets():
        files[f"exercises/{name}/{name}.ipynb"] = notebook_bytes(student_notebook(name))
    return files


def prepare(folder: Path, files: dict[str, bytes]) -> Report:
    """Bring `folder` up to date with `files` and lose nothing that was edited there.

    Args:
        folder: made if it is not there.
        files: contents by path, relative to the folder, with "/" between the parts.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> prepare(folder, {"a.ipynb": b"one"}).added
        ['a.ipynb']
        >>> _ = (folder / "a.ipynb").write_bytes(b"mine")
        >>> prepare(folder, {"a.ipynb": b"two"}).beside
        {'a.ipynb': 'a.new.ipynb'}
    """
    report = Report()
    manifest = _read_manifest(folder)
    for name, new in files.items():
        path = folder / name
        if not path.exists():
            report.added.append(name)
            _write(path, new)
        elif (old := path.read_bytes()) == new:
            pass
        elif _hash(old) == manifest.get(name):
            report.updated.append(name)
            _write(path, new)
        elif _hash(new) != manifest.get(name):  # edited, and the kit has something new
            report.beside[name] = beside = _free_name(folder, name, manifest)
            _write(folder / beside, new)
            manifest[beside] = _hash(new)
        manifest[name] = _hash(new)
    if not (folder / MANIFEST).exists():
        _write(
            folder / ".gitignore", b"*\n"
        )  # a work folder inside a checkout does not show up there
    _write(folder / MANIFEST, (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode())
    return report


def _free_name(folder: Path, name: str, manifest: dict[str, str]) -> str:
    """NAME.new.ipynb, or NAME.new-2.ipynb and so on where that one was edited as well."""
    stem, dot, ending = name.rpartition(".")
    number = 1
    while True:
        beside = f"{stem}.new{'' if number == 1 else f'-{number}'}{dot}{ending}"
        path = folder / beside
        if not path.exists() or _hash(path.read_bytes()) == manifest.get(beside):
            return beside
        number += 1


def _read_manifest(folder: Path) -> dict[str, str]:
    """What the kit has put there; where that cannot be read, every file counts as edited."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _write(path: Path, data: bytes) -> None:
    """Write a whole file or nothing: a student's answers must survive a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(data)
    os.replace(draft, path)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- the command ----------------------------------------------------------------------------------


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(DEFAULT_FOLDER),
        help=f"your work folder (default: ./{DEFAULT_FOLDER})",
    )
    parser.add_argument("--no-browser", action="store_true", help="start Jupyter, open no browser")
    parser.add_argument("--no-open", action="store_true", help="prepare the folder and stop")


def run(args: argparse.Namespace) -> int:
    """Prepare the work folder, then hand over to JupyterLab."""
    from grader.content import content_root

    folder = args.folder.absolute()
    if folder.exists() and not folder.is_dir():
        raise CommandError(f"{args.folder} is a file. Name a folder: grader lab FOLDER")
    if folder.resolve() == content_root().resolve():
        raise CommandError("this folder holds the kit itself. Name another one: grader lab FOLDER")
    report = prepare(folder, kit_files())
    tell(args.folder, report)
    if args.no_open:
        return 0
    return open_lab(folder, next(iter(report.added), ""), browser=not args.no_browser)


def tell(folder: Path, report: Report) -> None:
    """Say what changed, in one line a file."""
    for name in report.added:
        print(f"added    {folder / name}")
    for name in report.updated:
        print(f"updated  {folder / name}")
    for name, beside in report.beside.items():
        print(f"kept     {folder / name}, which you have edited")
        print(f"         its new version is {folder / beside}")
    if not (report.added or report.updated or report.beside):
        print(f"{folder} is up to date.")


def open_lab(folder: Path, first: str, browser: bool) -> int:
    """Run JupyterLab in the folder until it is stopped; returns its exit code, 0 if you stopped it.

    Args:
        folder: the work folder.
        first: the notebook to open, "" for what was open last time.
        browser: whether to open a browser.
    """
    command = [sys.executable, "-m", "jupyterlab"]
    if first:
        command.append(f"--LabApp.default_url=/lab/tree/{first}")
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    print("Starting JupyterLab. To stop it, press Ctrl+C here twice.", flush=True)
    page_config = {"disabledExtensions": dict.fromkeys(DISABLED, True)}
    _write(folder / PAGE_CONFIG, json.dumps(page_config, indent=1).encode())
    config_path = [str(folder / ".jupyter"), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    environment = {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, config_path))}
    server = subprocess.Popen(command, cwd=folder, env=environment)
    stopped = False
    while True:
        try:
            status = server.wait()
        except KeyboardInterrupt:  # Jupyter gets it too, asks, and ends by itself
            stopped = True
        else:
            return 0 if stopped else status

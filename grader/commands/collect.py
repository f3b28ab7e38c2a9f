"""`grader collect COURSE PATH ...`: hand-ins from folders, zip files and notebooks.

Whose hand-in a notebook is, is read from its place: the innermost folder that is not called like
the set, else the notebook's own name, else the zip file's or the folder's. Nothing is unpacked:
only notebooks are read, each up to a limit, so a link, a path out of the archive or a bomb in a zip
file has nothing to act on.
"""

from __future__ import annotations

import argparse
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader.cli import CommandError
from grader.course import STUDENT_NAME, Course
from grader.feedback import clean
from grader.staging import FILE_BYTES, Unreadable, read_file

ENTRIES = 100_000  # of one zip file or folder


@dataclass(frozen=True)
class HandIn:
    """One notebook that was found: where it stood, whose and for which set it is."""

    place: str
    student: str
    set_name: str
    read: Callable[[], bytes]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("course", type=Path, help="the course folder")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="folder, zip, notebook")
    parser.add_argument("--set", metavar="SET", help="the set, where the names do not say it")
    parser.add_argument(
        "--update", action="store_true", help="replace what a student handed in before"
    )


def run(args: argparse.Namespace) -> int:
    course = Course.open(args.course)
    sets = course.chosen_sets([args.set] if args.set else [])
    complaints: list[str] = []
    taken: dict[tuple[str, str], str] = {}
    counts = {"new": 0, "updated": 0, "unchanged": 0}
    for path in args.paths:
        for hand_in in find(path, sets, complaints):
            who = (hand_in.student, hand_in.set_name)
            if who in taken:
                complaints.append(f"{hand_in.place}: {who[0]} has handed in {taken[who]} already")
                continue
            try:
                counts[take(course, hand_in, args.update)] += 1
                taken[who] = hand_in.place
            except (Unreadable, CommandError, OSError, RuntimeError, zipfile.BadZipFile) as error:
                complaints.append(f"{hand_in.place}: {clean(str(error))}")
    for complaint in complaints:
        print(f"not taken: {complaint}")
    print(", ".join(f"{count} {name}" for name, count in counts.items()))
    if taken:
        print(f"Next: grader autograde {args.course}")
    return 1 if complaints else 0


def find(path: Path, sets: list[str], complaints: list[str]) -> Iterator[HandIn]:
    """The hand-ins in a folder, a zip file or a notebook; what is none goes to `complaints`."""
    if path.is_dir():
        found = _in_folder(path)
    elif path.suffix.lower() == ".zip" and path.is_file():
        found = _in_zip(path)
    elif path.suffix == ".ipynb" and path.is_file():
        found = [(PurePosixPath(path.name), lambda: read_file(path, FILE_BYTES))]
    else:
        complaints.append(f"{path}: neither a folder nor a zip file nor a notebook")
        return
    try:
        notebooks = [(place, read) for place, read in found if _is_notebook(place)]
    except (zipfile.BadZipFile, CommandError, OSError) as error:
        complaints.append(f"{path}: {clean(str(error))}")
        return
    if not notebooks:
        complaints.append(f"{path}: no notebook in it")
    for place, read in notebooks:
        shown = clean(f"{path.name}/{place}", 100) if path.name != str(place) else path.name
        set_name = _set_of(place, sets)
        if set_name is None:
            complaints.append(
                f"{shown}: for which set? Say it with --set, one of {', '.join(sets)}"
            )
            continue
        alone = len(notebooks) == 1 and path.suffix.lower() == ".zip"
        student = _student_of(place, path, set_name, alone)
        if student is None or not STUDENT_NAME.fullmatch(student):
            complaints.append(f"{shown}: its place does not tell the student; rename the folder")
            continue
        yield HandIn(shown, student, set_name, read)


def take(course: Course, hand_in: HandIn, update: bool) -> str:
    """Put a hand-in under submitted/; "new", "updated" or "unchanged".

    Of a notebook that is too large, just so much is kept that its student gets that verdict.
    """
    data = hand_in.read()
    folder = course.submitted(hand_in.student, hand_in.set_name)
    path = folder / f"{hand_in.set_name}.ipynb"
    if path.is_symlink() or folder.is_symlink() or folder.parent.is_symlink():
        raise CommandError(f"{path} is a link; remove it first")
    before = path.read_bytes() if path.exists() else None
    if before == data:
        return "unchanged"
    if before is not None and not update:
        raise CommandError(f"{hand_in.student} has handed in another one before; see --update")
    folder.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_bytes(data)
    scratch.replace(path)
    return "new" if before is None else "updated"


def _in_folder(folder: Path) -> Iterator[tuple[PurePosixPath, Callable[[], bytes]]]:
    count = 0
    for parent, folders, files in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted(files):
            count += 1
            if count > ENTRIES:
                raise CommandError(f"more than {ENTRIES} files")
            path = Path(parent, name)
            place = PurePosixPath(path.relative_to(folder).as_posix())
            yield place, lambda path=path: read_file(path, FILE_BYTES + 1, cut=True)


def _in_zip(path: Path) -> Iterator[tuple[PurePosixPath, Callable[[], bytes]]]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    if len(entries) > ENTRIES:
        raise CommandError(f"more than {ENTRIES} files")
    for entry in sorted(entries, key=lambda entry: entry.filename):
        kind = entry.external_attr >> 28  # the Unix file type; 10 is a link
        if entry.is_dir() or kind not in (0, 8):
            continue
        yield (
            PurePosixPath(entry.filename.replace("\\", "/")),
            lambda entry=entry: _read_entry(path, entry),
        )


def _read_entry(path: Path, entry: zipfile.ZipInfo) -> bytes:
    with zipfile.ZipFile(path) as archive, archive.open(entry) as file:
        return file.read(FILE_BYTES + 1)


def _is_notebook(place: PurePosixPath) -> bool:
    if place.suffix != ".ipynb":
        return False
    return not any(
        (part.startswith(".") and part != "..") or part == "__MACOSX" for part in place.parts
    )


def _set_of(place: PurePosixPath, sets: list[str]) -> str | None:
    if len(sets) == 1:
        return sets[0]
    named = [part for part in (place.stem, *reversed(place.parts[:-1])) if part in sets]
    return named[0] if named else None


def _student_of(place: PurePosixPath, path: Path, set_name: str, alone: bool) -> str | None:
    folders = [part for part in place.parts[:-1] if part != set_name]
    if folders:
        return folders[-1]
    if place.stem != set_name and not alone:
        return place.stem
    return path.stem if path.is_file() and path.suffix.lower() == ".zip" else path.name or None

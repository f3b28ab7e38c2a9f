"""`grader collect COURSE PATH ...`: hand-ins from folders, zip files and notebooks.

Whose hand-in a notebook is, is read from its place: the innermost folder that is not called like
the set, else the notebook's own name, else the zip file's or the folder's. Of several notebooks of
one student the one called like the set counts. Nothing is unpacked: only notebooks are read, each
up to a limit, so a link, a path out of the archive or a bomb in a zip file has nothing to act on.
"""

from __future__ import annotations

import argparse
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader.cli import CommandError
from grader.course import STUDENT_NAME, Course
from grader.feedback import clean
from grader.staging import FILE_BYTES, Unreadable, read_file

ENTRIES = 100_000  # of one zip file or folder
OURS = {"source", "release", "submitted", "autograded", "feedback"}  # a course's own folders
NO_STUDENTS = OURS | {"desktop", "documents", "downloads", "tmp"}  # where one notebook may lie

Entry = tuple[PurePosixPath, Callable[[], bytes] | None]  # a file and how to read it, or a folder


@dataclass(frozen=True)
class HandIn:
    """One notebook that was found: where it stood, whose and for which set it is."""

    place: str
    student: str
    set_name: str
    named: bool  # like the set
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
    found: dict[tuple[str, str], list[HandIn]] = {}
    for path in args.paths:
        for hand_in in find(path, course, sets, complaints):
            found.setdefault((hand_in.student, hand_in.set_name), []).append(hand_in)
    counts = {"new": 0, "updated": 0, "unchanged": 0}
    for hand_ins in found.values():
        hand_in = the_one(hand_ins, complaints)
        if hand_in is None:
            continue
        try:
            how = take(course, hand_in, args.update)
        except (Unreadable, CommandError, OSError, RuntimeError, zipfile.BadZipFile) as error:
            complaints.append(f"{hand_in.place}: {clean(str(error))}")
            continue
        counts[how] += 1
        print(f"{how}: {hand_in.student}, {hand_in.set_name}, from {hand_in.place}")
        for other in hand_ins:
            if other is not hand_in:
                print(f"passed over: {other.place}, beside {hand_in.set_name}.ipynb")
    for complaint in complaints:
        print(f"not taken: {complaint}")
    said = [f"{count} {how}" for how, count in counts.items()]
    print(", ".join([*said, f"{len(complaints)} not taken"]))
    if any(counts.values()):
        print(f"Next: grader autograde {args.course}")
    return 1 if complaints else 0


def the_one(hand_ins: list[HandIn], complaints: list[str]) -> HandIn | None:
    """Which of one student's notebooks counts: the one called like the set, or the only one."""
    named = [hand_in for hand_in in hand_ins if hand_in.named]
    counting = named or hand_ins
    if len(counting) == 1:
        return counting[0]
    student, set_name = counting[0].student, counting[0].set_name
    places = " or ".join(hand_in.place for hand_in in counting[:3])
    how = "Collect it alone" if named else f"Call it {set_name}.ipynb"
    complaints.append(f"{student}: which one counts, {places}? {how}")
    return None


def find(path: Path, course: Course, sets: list[str], complaints: list[str]) -> Iterator[HandIn]:
    """The hand-ins in a folder, a zip file or a notebook; what is none goes to `complaints`."""
    base = Path(os.path.abspath(path))
    if base == course.root or any(base.is_relative_to(course.root / name) for name in OURS):
        complaints.append(f"{path}: this is the course itself; name what was handed in")
        return
    found: Iterable[Entry]
    if path.is_dir():
        found, label = _in_folder(path), base.name
    elif path.suffix.lower() == ".zip" and path.is_file():
        found, label, base = _in_zip(path), path.name, base.with_suffix("")
    elif path.suffix == ".ipynb" and path.is_file():
        found = [(PurePosixPath(path.name), lambda: read_file(path, FILE_BYTES))]
        base, label = base.parent, base.parent.name
    else:
        complaints.append(f"{path}: neither a folder nor a zip file nor a notebook")
        return
    try:
        entries = [entry for entry in found if not _is_hidden(entry[0])]
    except (zipfile.BadZipFile, CommandError, OSError) as error:
        complaints.append(f"{path}: {clean(str(error))}")
        return
    known = course.sets()
    notebooks = {
        place: read for place, read in entries if read is not None and place.suffix == ".ipynb"
    }
    zips = [place for place, read in entries if read and place.suffix.lower() == ".zip"]
    if not notebooks:
        hint = "; name the zip files themselves" if zips else ""
        complaints.append(f"{path}: no notebook in it{hint}")
        return
    folders = _folders(entries, known)
    homes = _homes(notebooks, known)
    named = {homes[place]: place.name for place in notebooks if place.stem in known}
    alone = len(notebooks) == 1 and not folders and path.suffix != ".ipynb"
    for place, read in notebooks.items():
        shown, home = clean(f"{label}/{place}", 100), homes[place]
        told = [part for part in (place.stem, *reversed(place.parts[:-1])) if part in known]
        set_name = told[0] if told else sets[0] if len(sets) == 1 else None
        if home.parts:
            student = home.name
        elif alone or (home in named and len(named) == 1):
            student = _home(PurePosixPath(base.as_posix(), "_"), known).name
        else:
            student = place.stem
        if set_name is None and home in named:
            print(f"passed over: {shown}, beside {named[home]}")
        elif set_name is None:
            which = ", ".join(sets)
            complaints.append(f"{shown}: for which set? Say it with --set, one of {which}")
        elif set_name not in sets:
            print(f"passed over: {shown}, for {set_name}")
        elif (
            student in known
            or student.lower() in NO_STUDENTS
            or not STUDENT_NAME.fullmatch(student)
        ):
            complaints.append(
                f"{shown}: its place does not tell the student; "
                "put it into a folder with the student's name"
            )
        else:
            yield HandIn(shown, student, set_name, place.stem == set_name, read)
    held = {folder for home in homes.values() for folder in (home, *home.parents)}
    beside = {home.parent for home in homes.values() if home.parts}
    for folder in sorted(folders - held):
        if folder.parent in beside:
            link = (path / folder).is_symlink()
            why = "a link, which is not followed" if link else "no notebook in it"
            complaints.append(f"{clean(f'{label}/{folder}', 100)}: {why}")
    for place in zips:
        if place.parent in beside:
            complaints.append(
                f"{clean(f'{label}/{place}', 100)}: a zip file inside; name it itself"
            )


def _homes(places: Iterable[PurePosixPath], sets: list[str]) -> dict[PurePosixPath, PurePosixPath]:
    """The folder of the student whose notebook it is, for each; empty where that is not inside.

    A notebook deeper than one that is called like a set, in drafts/ for example, belongs to it.
    """
    homes = {place: _home(place, sets) for place in places}
    named = {home for place, home in homes.items() if place.stem in sets}
    if len(named) > 1:
        named.discard(PurePosixPath())  # students' folders are inside
    return {
        place: next((folder for folder in (*home.parents[::-1], home) if folder in named), home)
        for place, home in homes.items()
    }


def _folders(entries: list[Entry], sets: list[str]) -> set[PurePosixPath]:
    """All folders that are there, but for those called like a set."""
    found = {place for place, read in entries if read is None}
    found.update(folder for place, _ in entries for folder in place.parents)
    return {folder for folder in found if folder.parts and folder.name not in sets}


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


def _in_folder(folder: Path) -> Iterator[Entry]:
    count = 0
    for parent, folders, files in os.walk(folder, followlinks=False):
        folders.sort()
        inside = PurePosixPath(Path(parent).relative_to(folder).as_posix())
        yield from ((inside / name, None) for name in folders)
        for name in sorted(files):
            count += 1
            if count > ENTRIES:
                raise CommandError(f"more than {ENTRIES} files")
            path = Path(parent, name)
            yield inside / name, lambda path=path: read_file(path, FILE_BYTES + 1, cut=True)


def _in_zip(path: Path) -> Iterator[Entry]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    if len(entries) > ENTRIES:
        raise CommandError(f"more than {ENTRIES} files")
    for entry in sorted(entries, key=lambda entry: entry.filename):
        parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
        place = PurePosixPath(*(part for part in parts if part not in ("/", "//", "..")))
        kind = entry.external_attr >> 28  # the Unix file type; 10 is a link
        if entry.is_dir():
            yield place, None
        elif kind in (0, 8):
            yield place, lambda entry=entry: _read_entry(path, entry)


def _read_entry(path: Path, entry: zipfile.ZipInfo) -> bytes:
    with zipfile.ZipFile(path) as archive, archive.open(entry) as file:
        return file.read(FILE_BYTES + 1)


def _is_hidden(place: PurePosixPath) -> bool:
    return any(
        (part.startswith(".") and part != "..") or part == "__MACOSX" for part in place.parts
    )


def _home(place: PurePosixPath, sets: list[str]) -> PurePosixPath:
    """The innermost folder around a file that is not called like a set."""
    return next((folder for folder in place.parents if folder.name not in sets), PurePosixPath())

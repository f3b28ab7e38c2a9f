"""`grader collect COURSE PATH ...`: hand-ins from folders, zip files and notebooks.

Whose hand-in a notebook is, is read from its place; `--help` says how. A zip file counts as a
folder. Nothing is unpacked: only notebooks are read, each up to a limit, so a link, a path out of
the archive or a bomb in a zip file has nothing to act on.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path, PurePosixPath

from grader.cli import CommandError
from grader.course import STUDENT_NAME, Course
from grader.feedback import clean
from grader.lab import DEFAULT_FOLDER
from grader.staging import (
    FILE_BYTES,
    Unreadable,
    grade_id_of,
    is_solution,
    parse,
    read_file,
    read_timestamp,
)

ENTRIES = 100_000  # of one zip file or folder
OURS = {"source", "release", "submitted", "autograded", "feedback"}  # a course's own folders
KIT = {DEFAULT_FOLDER, "exercises", "notebooks"}  # folders of the kit, which students hand in whole
NO_STUDENTS = OURS | {"desktop", "documents", "downloads", "tmp"}  # where one notebook may lie

Entry = tuple[PurePosixPath, Callable[[], bytes] | None]  # a file and how to read it, or a folder
CANNOT = (Unreadable, CommandError, OSError, RuntimeError, zipfile.BadZipFile)  # be read
HELP = """Whose hand-in a notebook is, is read from where it lies:

  class/ada/anything.ipynb       ada; of several notebooks, the one that is called like the set
  class/ada/work.zip             ada; a zip file is read like a folder
  class/ada.ipynb, class/ada.zip ada

where `class` may be a zip file. Folders called like a set or like a part of the kit do not count.
A `timestamp.txt` beside a notebook in a folder, as nbgrader writes it, is the time of the hand-in.
Nothing that is handed in is changed, and nothing that was taken before is replaced without
--update: whatever is not taken is named."""


@dataclass(frozen=True)
class HandIn:
    """One notebook that was found: where it stood, whose and for which set it is."""

    place: str
    student: str
    set_name: str
    named: bool  # like the set
    read: Callable[[], bytes]
    time: str | None = None  # of the hand-in, where it is known


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("course", type=Path, metavar="COURSE", help="the course folder")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="folder, zip, notebook")
    parser.add_argument("--set", metavar="SET", help="the set, where the names do not say it")
    parser.add_argument(
        "--update", action="store_true", help="replace what a student handed in before"
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = HELP


def run(args: argparse.Namespace) -> int:
    course = Course.open(args.course)
    sets = course.chosen_sets([args.set] if args.set else [])
    complaints: list[str] = []
    found: dict[tuple[str, str], list[HandIn]] = {}
    for path in args.paths:
        for hand_in in find(path, course, sets, complaints):
            found.setdefault((hand_in.student, hand_in.set_name), []).append(hand_in)
    counts = {"new": 0, "updated": 0, "unchanged": 0}
    for everything in found.values():
        hand_ins = [hand_in for hand_in in everything if not is_foreign(course, hand_in)]
        for other in everything:
            if other not in hand_ins and hand_ins:
                print(f"passed over: {other.place}, nothing of {other.set_name} is in it")
            elif other not in hand_ins:
                why = f"nothing of {other.set_name} is in it. Is it another notebook?"
                complaints.append(f"{other.place}: {why}")
        hand_in = the_one(hand_ins, complaints) if hand_ins else None
        if hand_in is None:
            continue
        try:
            how = take(course, hand_in, args.update)
        except CANNOT as error:
            complaints.append(f"{hand_in.place}: {clean(str(error))}")
            continue
        counts[how] += 1
        when = f", handed in {hand_in.time}" if hand_in.time else ""
        print(f"{how}: {hand_in.student}, {hand_in.set_name}, from {hand_in.place}{when}")
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
        found, label, base = _in_zip(lambda: path), path.name, base.with_suffix("")
    elif path.suffix == ".ipynb" and path.is_file():
        found = [(PurePosixPath(path.name), lambda: read_file(path, FILE_BYTES))]
        base, label = base.parent, base.parent.name
    else:
        complaints.append(f"{path}: neither a folder nor a zip file nor a notebook")
        return

    def complain(place: PurePosixPath | str, why: str) -> None:
        complaints.append(f"{clean(f'{label}/{place}', 100)}: {why}")

    try:
        entries = list(_opened(found, complain))
    except (zipfile.BadZipFile, CommandError, OSError) as error:
        complaints.append(f"{path}: {clean(str(error))}")
        return
    known = course.sets()
    notebooks = {place: read for place, read in entries if read and place.suffix == ".ipynb"}
    if not notebooks:
        complaints.append(f"{path}: no notebook in it")
        return
    held = {place: _folders(place, known) for place in notebooks}
    homes = _homes(held, known)
    named = {homes[place]: place.name for place in notebooks if place.stem in known}
    among = {home[:-1] for home in homes.values() if home}  # where students' folders lie
    folders = any(_folders(place, known) for place, _ in entries)
    alone = len(notebooks) == 1 and not folders and path.suffix != ".ipynb"
    for place, read in notebooks.items():
        shown, home = clean(f"{label}/{place}", 100), homes[place]
        told = [part for part in (place.stem, *reversed(place.parts[:-1])) if part in known]
        set_name = told[0] if told else sets[0] if len(sets) == 1 else None
        if home:
            student = home[-1]
        elif alone or (home in named and len(named) == 1):
            student = _folders(PurePosixPath(base.as_posix(), "_"), known)[-1]
        else:
            student = place.stem
            among.add(())
        if set_name is None and home in named:
            print(f"passed over: {shown}, beside {named[home]}")
        elif set_name is None:
            complain(place, f"for which set? Say it with --set, one of {', '.join(sets)}")
        elif set_name not in sets:
            print(f"passed over: {shown}, for {set_name}")
        elif (
            student in known
            or student.lower() in NO_STUDENTS
            or not STUDENT_NAME.fullmatch(student)
        ):
            why = (
                "its place does not tell the student; put it into a folder with the student's name"
            )
            complain(place, why)
        else:
            time = read_timestamp(path / place.parent) if path.is_dir() else None
            yield HandIn(shown, student, set_name, place.stem == set_name, read, time)
    _rest(entries, known, among, set(held.values()), path, complain)


def _rest(
    entries: list[Entry],
    known: list[str],
    among: set[tuple[str, ...]],
    held: set[tuple[str, ...]],
    path: Path,
    complain: Callable[[PurePosixPath | str, str], None],
) -> None:
    """Name what lies among the students' folders and holds no notebook."""
    inside: dict[tuple[str, ...], list[str]] = {}
    for place, read in entries:
        folders = _folders(place if read else place / "_", known)
        for k in range(1, len(folders) + 1):
            inside.setdefault(folders[:k], []).extend([place.name] if read else [])
        if read and folders in among and place.suffix != ".ipynb":
            complain(place, "no notebook")
    for folders, files in sorted(inside.items()):
        if folders[:-1] not in among or any(found[: len(folders)] == folders for found in held):
            continue
        shown = "/".join(folders)
        if (path / shown).is_symlink():
            complain(shown, "a link, which is not followed")
        else:
            only = f", only {clean(', '.join(files), 60)}" if files else ""
            complain(shown, f"no notebook in it{only}")


def _folders(place: PurePosixPath, sets: list[str]) -> tuple[str, ...]:
    """The folders around a file that may be a student's; a zip file counts as one.

    Not those that are called like a set or a folder of the kit, nor a zip file inside a folder:
    what it holds is that student's.
    """
    folders = [name for name in place.parts[:-1] if name not in sets and name not in KIT]
    inner = [name for name in folders[1:] if not name.lower().endswith(".zip")]
    return (re.sub(r"(?i)\.zip$", "", folders[0]), *inner) if folders else ()


def _homes(
    held: dict[PurePosixPath, tuple[str, ...]], sets: list[str]
) -> dict[PurePosixPath, tuple[str, ...]]:
    """The folder of the student whose notebook it is, for each; () where that is not inside.

    It is the outermost folder, or the first one below those in which everything lies. A notebook
    deeper than one that is called like a set and lies in no folder belongs to it.
    """
    columns = zip(*held.values(), strict=False)  # as far as the shallowest goes
    shared = sum(1 for _ in takewhile(lambda names: len(set(names)) == 1, columns))
    several = len(held) > 1 and all(len(folders) > shared for folders in held.values())
    level = shared + 1 if several else 1
    homes = {place: folders[:level] for place, folders in held.items()}
    if {home for place, home in homes.items() if place.stem in sets} == {()}:
        homes = dict.fromkeys(homes, ())
    return homes


@cache
def _marks(source: Path) -> tuple[set[str | None], list[str]]:
    """What tells a set's notebook: the ids of the cells to write, the functions in them."""
    from grader.grade import released

    cells = [cell for cell in released(source)["cells"] if is_solution(cell)]
    functions = [name for cell in cells for name in re.findall(r"def \w+\(", cell["source"])]
    return {grade_id_of(cell) for cell in cells}, functions


def is_foreign(course: Course, hand_in: HandIn) -> bool:
    """Whether a notebook can be read and holds nothing of the set, no cell and no function."""
    try:
        cells = parse(hand_in.read(), [])
    except CANNOT:
        return False
    ids, functions = _marks(course.source(hand_in.set_name))
    return not any(
        cell.grade_id in ids or any(name in cell.source for name in functions) for cell in cells
    )


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
    if hand_in.time:
        (folder / "timestamp.txt").write_text(hand_in.time + "\n", encoding="ascii")
    else:
        (folder / "timestamp.txt").unlink(missing_ok=True)
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


def _in_zip(archive: Callable[[], Path | io.BytesIO]) -> Iterator[Entry]:
    with zipfile.ZipFile(archive()) as opened:
        entries = opened.infolist()
    if len(entries) > ENTRIES:
        raise CommandError(f"more than {ENTRIES} files")
    for entry in sorted(entries, key=lambda entry: entry.filename):
        parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
        place = PurePosixPath(*(part for part in parts if part not in ("/", "//", "..")))
        kind = entry.external_attr >> 28  # the Unix file type; 10 is a link
        if entry.is_dir():
            yield place, None
        elif kind in (0, 8):
            yield place, lambda entry=entry: _read_entry(archive(), entry)


def _read_entry(archive: Path | io.BytesIO, entry: zipfile.ZipInfo) -> bytes:
    with zipfile.ZipFile(archive) as opened, opened.open(entry) as file:
        return file.read(FILE_BYTES + 1)


def _opened(
    entries: Iterable[Entry], complain: Callable[[PurePosixPath | str, str], None]
) -> Iterator[Entry]:
    """The entries, but for hidden ones; a zip file among them gives way to what it holds."""
    for place, read in entries:
        if _is_hidden(place):
            continue
        if read is None or place.suffix.lower() != ".zip":
            yield place, read
            continue
        yield place, None
        try:
            for inner, read_inner in _in_zip(lambda read=read: io.BytesIO(read())):
                if inner.suffix.lower() == ".zip":
                    complain(place / inner, "a zip file in a zip file; unpack the outer one")
                elif not _is_hidden(inner):
                    yield place / inner, read_inner
        except CANNOT as error:
            complain(place, f"cannot be opened: {clean(str(error))}")


def _is_hidden(place: PurePosixPath) -> bool:
    return any(
        (part.startswith(".") and part != "..") or part == "__MACOSX" for part in place.parts
    )

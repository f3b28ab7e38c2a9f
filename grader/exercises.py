"""Finds the graded sets: one folder a set under exercises/, tasks.py in it, loaded by path."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from grader.content import content_root
from grader.task import Task


class ExerciseError(LookupError):
    """A set or a task that is not there, or a tasks.py that cannot be used; says the way out."""


@dataclass(frozen=True)
class ExerciseSet:
    """One graded set.

    name      the folder's name: "e2_local_rules"; what stands before "_" is the prefix of its tasks
    path      the folder
    tasks     full task name -> Task, in the order of tasks.py
    packages  what students' code may import while it is graded
    """

    name: str
    path: Path
    tasks: dict[str, Task]
    packages: tuple[str, ...]


def sets() -> list[str]:
    """The names of all graded sets, sorted.

    >>> "e2_local_rules" in sets()
    True
    """
    folder = content_root() / "exercises"
    return sorted(found.parent.name for found in folder.glob("*/tasks.py"))


@cache
def load_set(name: str) -> ExerciseSet:
    """The set in exercises/<name>/. ExerciseError when it is not there or tasks.py is not right.

    >>> load_set("e2_local_rules").packages
    ('numpy', 'matplotlib')
    """
    if name not in sets():
        raise ExerciseError(f"there is no exercise set {name!r}. {_near(name, sets())}")
    path = content_root() / "exercises" / name
    return _read_set(path)


def find_task(name: str) -> Task:
    """The task with this full name. ExerciseError, with near names, when there is none.

    >>> find_task("e2.mul").function
    'mul_vjp'
    """
    prefix = name.partition(".")[0]
    for folder in sets():
        if folder.partition("_")[0] == prefix and name in load_set(folder).tasks:
            return load_set(folder).tasks[name]
    every = [task for folder in sets() for task in load_set(folder).tasks]
    raise ExerciseError(f"there is no task {name!r}. {_near(name, every)}")


def _read_set(path: Path) -> ExerciseSet:
    """Run tasks.py under a private module name: no two sets and no student file can clash."""
    source = path / "tasks.py"
    spec = importlib.util.spec_from_file_location(f"_exercises_{path.name}", source)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pickle look a module up by its name
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[spec.name]
        said = f"{type(error).__name__}: {error}"
        raise ExerciseError(f"{source} does not run ({said}): run it with python to see") from error

    tasks = getattr(module, "TASKS", None)
    if not isinstance(tasks, tuple) or not tasks or not all(isinstance(t, Task) for t in tasks):
        raise ExerciseError(f"{source} needs TASKS = (Task(...), ...), a tuple of grader.task.Task")
    packages = getattr(module, "PACKAGES", None)
    if not isinstance(packages, tuple) or not all(isinstance(p, str) for p in packages):
        raise ExerciseError(f'{source} needs PACKAGES = ("numpy", ...), a tuple of names')

    prefix = path.name.partition("_")[0]
    names = [task.name for task in tasks]
    for name in names:
        if not name.startswith(f"{prefix}.") or names.count(name) > 1:
            raise ExerciseError(
                f"{source}: the task name {name!r} must start with {prefix!r} and a dot, once only"
            )
    return ExerciseSet(path.name, path, dict(zip(names, tasks, strict=True)), packages)


def _near(name: str, known: Iterable[str]) -> str:
    known = list(known)
    near = get_close_matches(name, known, n=3, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return f"There is: {', '.join(known) or 'none yet'}."

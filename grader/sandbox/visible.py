"""Which files a submission may read: Python, the system's libraries, its exercise's packages."""

import importlib.metadata
import importlib.util
import re
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FORBIDDEN = {
    "torch",
    "grader",
    "nbgrader",
}  # what would answer for the student, or knows the grades


@dataclass(frozen=True)
class Visible:
    """Real paths on this machine. `hidden` are folders below `trees` that must not be seen."""

    python: Path
    trees: tuple[Path, ...]
    hidden: tuple[Path, ...]
    packages: dict[str, Path]  # the name in the folder of packages -> where it really is

    def readable(self) -> list[str]:
        """`trees` without `hidden`, cut into paths that can be allowed one by one."""
        return [str(part) for tree in self.trees for part in _without(tree, self.hidden)]


def visible(packages: Iterable[str]) -> Visible:
    """What a submission that may import `packages` needs to see.

    Raises ValueError for a package that must not be seen and ImportError for one that is not
    installed.
    """
    wanted = tuple(packages)
    for name in wanted:
        if name.partition(".")[0] in FORBIDDEN:
            raise ValueError(
                f"`{name}` must not be importable while grading: take it out of PACKAGES"
            )
    python = Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()
    prefix = Path(sys.base_prefix).resolve()
    system = [Path("/usr/lib"), Path("/usr/lib64"), Path("/usr/lib32"), Path("/usr/local/lib")]
    system += [path for path in (Path("/lib"), Path("/lib64")) if not path.is_symlink()]
    own = [python, prefix / "lib", prefix / "lib64", Path(sysconfig.get_path("stdlib")).resolve()]
    settings = [
        Path("/etc/ld.so.cache"),
        Path("/etc/alternatives"),
        Path("/etc/localtime"),
        Path("/usr/share/zoneinfo"),
    ]
    trees = _outermost(path for path in own + system + settings if path.exists())
    return Visible(python, trees, _hidden(trees), _places(wanted))


def _outermost(paths: Iterable[Path]) -> tuple[Path, ...]:
    """`paths` without those below another one, and without what only repeats one through a link."""
    real = sorted({path.resolve() for path in paths})
    return tuple(path for path in real if not any(other in path.parents for other in real))


def _hidden(trees: Iterable[Path]) -> tuple[Path, ...]:
    """The folders of installed packages below `trees`, and this checkout if it lies there."""
    patterns = ("site-packages", "dist-packages", "python*/site-packages", "python*/dist-packages")
    found = {
        path.resolve() for tree in trees for pattern in patterns for path in tree.glob(pattern)
    }
    here = Path(__file__).resolve().parents[2]
    found |= {here} if any(tree in here.parents for tree in trees) else set()
    return _outermost(path for path in found if path.is_dir())


def _without(tree: Path, hidden: tuple[Path, ...]) -> list[Path]:
    if tree in hidden:
        return []
    if not any(tree in path.parents for path in hidden):
        return [tree]
    return [part for entry in sorted(tree.iterdir()) for part in _without(entry, hidden)]


def _places(packages: tuple[str, ...]) -> dict[str, Path]:
    """Every file or folder that `packages` and what they depend on have installed, by name."""
    places: dict[str, Path] = {}
    for name in ("numpy", *packages):
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            raise ImportError(
                f"`{name}` is not installed here, and the exercise needs it: pip install {name}"
            )
        origin = Path(found.origin)
        places[name] = (origin.parent if found.submodule_search_locations else origin).resolve()
        libraries = places[name].parent / f"{name}.libs"
        if libraries.is_dir():
            places[libraries.name] = libraries
    for distribution in _distributions(("numpy", *packages)):
        for file in distribution.files or ():
            top = file.parts[0]
            if (
                top in places
                or top in FORBIDDEN
                or top in ("..", "__pycache__")
                or top.endswith(".pth")
            ):
                continue
            path = Path(distribution.locate_file(top)).resolve()
            if path.exists():
                places[top] = path
    return {name if path.is_dir() else path.name: path for name, path in places.items()}


def _distributions(names: Iterable[str]) -> list[importlib.metadata.Distribution]:
    """The installed distributions called `names`, and those that they need to run."""
    todo, found = list(names), {}
    while todo:
        name = re.sub(r"[-_.]+", "-", todo.pop()).lower()
        if name in found or name in FORBIDDEN:
            continue
        try:
            found[name] = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # not a distribution's name, or a dependency on another platform
        for line in found[name].requires or ():
            if "extra ==" not in line.replace("extra==", "extra =="):
                todo.append(re.match(r"[A-Za-z0-9._-]+", line)[0])
    return list(found.values())

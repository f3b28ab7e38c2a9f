"""The command line of bubblewrap: hardly anything is left of files, network and processes."""

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from grader.sandbox.visible import Visible

INSIDE, PACKAGES = (
    "/kit",
    "/packages",
)  # where the sandbox finds its own files and the student's packages


@functools.cache
def version() -> tuple[int, ...]:
    """bubblewrap's version, () when it is not installed."""
    program = shutil.which("bwrap")
    if not program:
        return ()
    said = subprocess.run(
        [program, "--version"], capture_output=True, text=True, check=False
    ).stdout
    return tuple(map(int, re.findall(r"\d+", said)))


def command(
    seen: Visible, inside: Path, environment: Mapping[str, str], *, root: bool
) -> list[str]:
    """What to put in front of a command. Of root, it leaves the right to change the user."""
    line = [shutil.which("bwrap") or "bwrap", "--die-with-parent", "--new-session", "--clearenv"]
    line += [
        "--unshare-pid",
        "--unshare-net",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
    ]
    line += ["--hostname", "grader", "--cap-drop", "ALL"]
    if root:  # can do all of this without a user namespace, and read what only its owner may
        line += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        line += ["--unshare-user", "--uid", "60001", "--gid", "60001"]
        line += ["--disable-userns"] if version() >= (0, 8) else []
    line += [*_tmpfs("/tmp", 32 << 20)]
    above = {parent for path in (*seen.trees, Path(PACKAGES, "x")) for parent in path.parents}
    for parent in sorted(above - {Path("/")}):
        line += [
            "--dir",
            str(parent),
        ]  # made by hand: those that bwrap makes are open to their owner only
    for tree in seen.trees:
        line += ["--ro-bind", str(tree), str(tree)]
    for folder in seen.hidden:
        line += [*_tmpfs(str(folder), 1 << 20)]
    for link in ("/lib", "/lib64", "/bin"):
        if os.path.islink(link):
            line += ["--symlink", os.readlink(link), link]
    line += ["--proc", "/proc", "--dev", "/dev", *_tmpfs("/dev/shm", 1 << 20)]
    for name, place in seen.packages.items():
        line += ["--ro-bind", str(place), f"{PACKAGES}/{name}"]
    line += ["--ro-bind", str(inside), INSIDE, "--chdir", "/tmp"]
    for name, value in environment.items():
        line += ["--setenv", name, value]
    return line


def _tmpfs(path: str, size: int) -> list[str]:
    return [*(["--size", str(size)] if version() >= (0, 7) else []), "--tmpfs", path]

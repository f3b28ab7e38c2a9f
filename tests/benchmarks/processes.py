"""Measurements that need a process of their own: peak memory, a very long chain, importing."""

import json
import os
import statistics
import subprocess
import sys
import tempfile

MEMORY = """
import sys, json
import numpy as np
sys.path[:0] = {path!r}
import {package} as t
if hasattr(t, "set_num_threads"): t.set_num_threads(1)

def field(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name)) * 1024

def lesson(x):
    y = x + 2
    z = y * y * 2
    z.mean().backward()

lesson(t.ones(1000, requires_grad=True))
x = t.ones({n}, requires_grad=True)
before = field("VmRSS")  # with the input
with open("/proc/self/clear_refs", "w") as reset: reset.write("5")
lesson(x)
print(json.dumps((field("VmHWM") - before) / (x.numel() * 4)))
"""

CHAIN = """
import sys, json, time
sys.path[:0] = {path!r}
import {package} as t
if hasattr(t, "set_num_threads"): t.set_num_threads(1)
x = t.tensor(1.0, requires_grad=True)
(x + 1).backward()
clock = time.perf_counter
start = clock()
y = x
for _ in range({n}): y = y + 1
built = clock()
y.backward()
walked = clock()
del y
freed = clock()
print(json.dumps([built - start, walked - built, freed - walked]))
"""

IMPORT = """
import sys, json, time
sys.path[:0] = {path!r}
start = time.perf_counter()
import {package}
print(json.dumps(time.perf_counter() - start))
"""


def run(source: str, environ=None, **values):
    """What a program prints as JSON, run by a new interpreter."""
    program = source.format(path=sys.path, **values)
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environ
    )
    if result.returncode:
        raise RuntimeError(result.stderr)
    return json.loads(result.stdout)


def peak_memory(package: str, n: int = 10_000_000) -> float:
    """The peak memory of the seed lesson beyond its n numbers, in units of them. Linux only."""
    return run(MEMORY, package=package, n=n)


def long_chain(packages, n: int = 1_000_000, rounds: int = 3) -> dict[str, list[float]]:
    """Seconds to build, walk and free a chain of n additions; the round with the median sum."""
    seconds = {package: [] for package in packages}
    for _ in range(rounds):
        for package in packages:
            seconds[package].append(run(CHAIN, package=package, n=n))
    return {package: sorted(s, key=sum)[len(s) // 2] for package, s in seconds.items()}


def import_times(packages, rounds: int) -> dict[str, float]:
    """The median seconds that importing takes, once the modules are compiled."""
    seconds = {package: [] for package in packages}
    with tempfile.TemporaryDirectory() as compiled:
        environ = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(rounds + 1):  # the first compiles
            for package in packages:
                seconds[package].append(run(IMPORT, environ, package=package))
    return {package: statistics.median(s[1:]) for package, s in seconds.items()}

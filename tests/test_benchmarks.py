"""The benchmark runs and fills its tables; that it is fast is read from them, not asserted here."""

import os
import re
import subprocess
import sys
from pathlib import Path

from benchmarks.workloads import WORKLOADS, Minigrad, Torch

ROOT = Path(__file__).resolve().parent.parent


def test_it_runs_and_fills_its_tables():
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    result = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--small", "--rounds", "1"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    rows = {line.split(" | ")[0].strip(): line.split(" | ") for line in result.stdout.splitlines()}
    names = [name.strip() for name in rows["work"]]
    for title, *_ in WORKLOADS:
        for package in ("NumPy", "minigrad", "torch"):
            assert re.fullmatch(
                r"[\d.e+-]+ ms \([\d.]+\)", rows[title][names.index(package)].strip()
            )
    assert "peak memory" in result.stdout or sys.platform != "linux"
    assert re.search(r"import minigrad: \d+ ms, import numpy: \d+ ms, ratio [\d.]+", result.stdout)


def test_both_packages_do_the_same_work():
    """Or the times would not be worth comparing."""
    ours, theirs = Minigrad(), Torch()
    for _, workload, sizes, *_ in WORKLOADS:
        mine, other = (getattr(package, workload)(*sizes) for package in (ours, theirs))
        for _ in range(3):
            a, b = mine(), other()
        if workload == "network":
            assert abs(a.item() - b.item()) < 1e-5
        else:
            assert abs(a.numpy() - b.numpy()).max() <= 1e-5 * abs(b.numpy()).max()

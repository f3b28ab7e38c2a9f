"""Measure and print: `python -m tests.benchmarks [--rounds 15] [--small]`."""

import argparse
import os
import platform
import statistics
import sys
import time

from . import processes
from .workloads import PACKAGES, WORKLOADS


def available() -> list:
    """The packages that are installed; for the others the reason is printed."""
    found = []
    for package in PACKAGES:
        try:
            found.append(package())
        except ImportError as problem:
            print(f"without {package.name}: {problem}")
    return found


def seconds(step, wait, times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        step()
    wait()
    return (time.perf_counter() - start) / times


def compare(packages, workload: str, sizes, times: int, rounds: int) -> dict[str, list[float]]:
    """The seconds that each package takes for one step, in rounds in which they take turns."""
    steps = {}
    for package in packages:
        if not hasattr(package, workload):
            continue
        step, wait = getattr(package, workload)(*sizes), getattr(package, "wait", lambda: None)
        try:
            seconds(step, wait, max(times, 3))  # warm up
        except RecursionError:
            print(f"{package.name} cannot do the {workload}: it exceeds Python's recursion limit")
        else:
            steps[package.name] = (step, wait)
    measured = {name: [] for name in steps}
    for _ in range(rounds):
        for name, (step, wait) in steps.items():
            measured[name].append(seconds(step, wait, times))
    return measured


def ratio(measured: dict, name: str, base: str) -> float:
    """The median over the rounds of one package's time in units of another's."""
    pairs = zip(measured[name], measured[base], strict=True)
    return statistics.median(mine / other for mine, other in pairs)


def field(measured: dict, name: str) -> str:
    if name not in measured:
        return "-"
    base = "torch cuda" if name.endswith("cuda") else "torch"
    milliseconds = statistics.median(measured[name]) * 1000
    return f"{milliseconds:.3g} ms ({ratio(measured, name, base):.2f})"


def print_table(rows: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for i, row in enumerate(rows):
        print(" | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)))
        if not i:
            print("-|-".join("-" * width for width in widths))
    print()


def main(arguments=None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--small", action="store_true", help="small sizes, to see that all runs")
    options = parser.parse_args(arguments)
    packages = available()
    names = [package.name for package in packages]
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, one thread{load}; median of "
        f"{options.rounds} rounds, in brackets parts of torch's time\n"
    )
    rows = [["work", *names, "wanted"]]
    for title, workload, sizes, times, wanted in WORKLOADS:
        measured = compare(packages, workload, sizes, times, options.rounds)
        rows.append([title, *[field(measured, name) for name in names], f"<= {wanted}"])
    print_table(rows)

    pair, n = ("minigrad", "torch"), 10_000 if options.small else 10_000_000
    rows = [["in a process of its own", *pair, "ratio", "wanted"]]
    if sys.platform == "linux":
        memory = [processes.peak_memory(package, n) for package in pair]
        rows.append(
            [f"peak memory, n = {n:,}, in inputs", *[f"{m:.2f}" for m in memory], "", "<= 5.0"]
        )
    parts = processes.long_chain(pair, n // 10, 1 if options.small else 3)
    for i, part in enumerate(("built", "walked", "freed")):
        mine, other = (parts[package][i] for package in pair)
        rows.append([f"chain of {n // 10:,}: {part}", f"{mine:.2f} s", f"{other:.2f} s", "", ""])
    mine, other = (sum(parts[package]) for package in pair)
    rows.append(
        ["chain, together", f"{mine:.2f} s", f"{other:.2f} s", f"{mine / other:.2f}", "<= 1"]
    )
    print_table(rows)

    times = processes.import_times(("minigrad", "numpy"), options.rounds)
    mine, other = times["minigrad"], times["numpy"]
    print(
        f"import minigrad: {mine * 1000:.0f} ms, import numpy: {other * 1000:.0f} ms, "
        f"ratio {mine / other:.2f}, wanted <= 1.2"
    )


if __name__ == "__main__":
    main()

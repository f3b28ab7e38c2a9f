"""Imports, before the first submission, all that students are likely to import.

It makes a submission start in milliseconds, and it is what keeps lazy imports working where no file
can be opened later.
"""

import importlib
import io
import os
import pkgutil
import warnings

import files

_STANDARD = """
__future__ abc argparse array ast asyncio base64 binascii bisect bz2 cProfile calendar cmath codecs
collections.abc colorsys concurrent.futures configparser contextlib copy csv ctypes dataclasses
datetime decimal difflib dis doctest email.message enum faulthandler fileinput fractions functools
getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html.parser http.client inspect io
itertools json keyword linecache locale logging lzma marshal math mimetypes mmap
multiprocessing.shared_memory numbers operator optparse os pathlib pickle pkgutil platform pprint
pstats pwd queue random re reprlib resource runpy sched secrets select shelve shlex shutil signal
socket sqlite3 ssl stat statistics string struct subprocess symtable sysconfig tarfile tempfile
textwrap threading time timeit token tokenize tomllib trace traceback tracemalloc types typing
unicodedata unittest.mock urllib.parse urllib.request uuid warnings wave weakref
xml.etree.ElementTree zipfile zlib zoneinfo
encodings.ascii encodings.cp1252 encodings.cp437 encodings.idna encodings.latin_1
encodings.raw_unicode_escape encodings.unicode_escape encodings.utf_16 encodings.utf_32
encodings.utf_8_sig
""".split()  # noqa: SIM905 (one word a line would be 130 lines)
_SKIP = {"tests", "testing", "conftest", "sphinxext", "explore", "__main__", "f2py", "_pyinstaller"}


def load(packages: list[str]) -> str:
    """Import the standard library's common modules, and every module of `packages` and NumPy.

    Returns what failed among the packages themselves ("" if nothing did); their parts, of which
    some need what is not installed, may fail in silence.
    """
    trouble = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in _STANDARD:
            _try(name)
        for name in dict.fromkeys(("numpy", *packages)):
            if failed := _try(name):
                trouble.append(failed)
                continue
            _load_parts(name)
            if name == "matplotlib":
                _warm_up_matplotlib()
    return "; ".join(trouble)


def _try(name: str) -> str:
    try:
        importlib.import_module(name)
    except Exception as error:
        return f"import {name}: {type(error).__name__}: {error}"
    return ""


def _load_parts(name: str) -> None:
    """Import the modules below package `name`, but not what needs a screen or a test runner."""
    package = importlib.import_module(name)
    for part in pkgutil.iter_modules(getattr(package, "__path__", ()), name + "."):
        if part.name.rpartition(".")[2] in _SKIP or part.name.startswith("matplotlib.backends."):
            continue
        if not _try(part.name) and part.ispkg:
            _load_parts(part.name)


def _warm_up_matplotlib() -> None:
    """Draw one figure of many parts, so that fonts and lazily imported backends are there."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import font_manager
    from matplotlib import pyplot as plt

    # Only the fonts that come with matplotlib: the system's cannot be read by a submission.
    manager, own = font_manager.fontManager, matplotlib.get_data_path() + os.sep
    manager.ttflist = [font for font in manager.ttflist if font.fname.startswith(own)]
    manager.afmlist = [font for font in manager.afmlist if font.fname.startswith(own)]

    for folder, _, names in os.walk(own):
        if "sample_data" not in folder:
            for name in names:
                files.hold(os.path.join(folder, name))

    figure, axes = plt.subplots(1, 3, figsize=(3, 1))
    axes[0].plot([1, 2], [1, 2], label="$x^2$")
    axes[0].legend()
    axes[1].imshow([[1, 2], [3, 4]])
    figure.colorbar(axes[1].images[0])
    axes[2].contourf([[1, 2], [3, 4]])
    figure.savefig(io.BytesIO(), dpi=30)
    plt.figure().add_subplot(projection="3d")
    for kind in ("svg", "pdf", "jpg"):
        plt.figure(figsize=(1, 1)).savefig(io.BytesIO(), format=kind, dpi=10)
    plt.close("all")

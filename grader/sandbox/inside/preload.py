"""Imports, before the first submission, all that students are likely to import.

It makes a submission start in milliseconds, and it is what keeps lazy imports working where no file can be opened later.
"""

import importlib
import io
import os
import pkgutil
import warnings

import files

_STANDARD = [
    "__future__",
    "abc",
    "argparse",
    "array",
    "ast",
    "base64",
    "binascii",
    "bisect",
    "bz2",
    "calendar",
    "cmath",
    "codecs",
    "collections.abc",
    "concurrent.futures",
    "configparser",
    "contextlib",
    "copy",
    "csv",
    "ctypes",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "dis",
    "doctest",
    "email.message",
    "enum",
    "fractions",
    "functools",
    "getpass",
    "gettext",
    "glob",
    "graphlib",
    "gzip",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "inspect",
    "io",
    "itertools",
    "json",
    "keyword",
    "linecache",
    "locale",
    "logging",
    "lzma",
    "math",
    "mimetypes",
    "multiprocessing",
    "numbers",
    "operator",
    "os",
    "pathlib",
    "pickle",
    "pkgutil",
    "platform",
    "pprint",
    "queue",
    "random",
    "re",
    "reprlib",
    "sched",
    "secrets",
    "shlex",
    "shutil",
    "signal",
    "socket",
    "sqlite3",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "timeit",
    "tokenize",
    "traceback",
    "types",
    "typing",
    "unittest.mock",
    "urllib.parse",
    "urllib.request",
    "uuid",
    "warnings",
    "weakref",
    "xml.etree.ElementTree",
    "zipfile",
    "zlib",
    "zoneinfo",
    "encodings.ascii",
    "encodings.cp1252",
    "encodings.cp437",
    "encodings.idna",
    "encodings.latin_1",
    "encodings.raw_unicode_escape",
    "encodings.unicode_escape",
    "encodings.utf_16",
    "encodings.utf_32",
    "encodings.utf_8_sig",
]
_NUMPY = [
    "ctypeslib",
    "fft",
    "lib",
    "lib.format",
    "linalg",
    "ma",
    "matlib",
    "polynomial",
    "random",
    "rec",
    "strings",
    "testing",
    "typing",
]
_SKIP = {
    "tests",
    "testing",
    "conftest",
    "sphinxext",
    "explore",
    "__main__",
    "f2py",
    "distutils",
    "_pyinstaller",
}


def load(packages: list[str]) -> str:
    """Import the standard library's common modules, and every module of `packages`.

    Returns what failed among the packages themselves ("" if nothing did); their optional parts may fail in silence.
    """
    trouble = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in _STANDARD:
            _try(name)
        for name in packages:
            if failed := _try(name):
                trouble.append(failed)
            elif name == "numpy":
                for part in _NUMPY:
                    _try(f"numpy.{part}")
            elif name == "matplotlib":
                _warm_up_matplotlib()
            _load_parts(name)
    return "; ".join(trouble)


def _try(name: str) -> str:
    try:
        importlib.import_module(name)
    except Exception as error:
        return f"import {name}: {type(error).__name__}: {error}"
    return ""


def _load_parts(name: str) -> None:
    package = importlib.import_module(name)
    for part in pkgutil.iter_modules(getattr(package, "__path__", ()), name + "."):
        if part.name.rpartition(".")[2] in _SKIP or part.name.startswith("matplotlib.backends."):
            continue  # what needs a screen or a test runner; the backends that do not are drawn with below
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

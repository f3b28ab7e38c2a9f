"""The sandbox: honest programs work, every way to end is named, and no attack gains anything.

Every test runs at each level. The attacks are the programs of tests/attacks; each is first run
outside the sandbox, where it must succeed: an attack that never works would prove nothing.
"""

import functools
import os
import platform
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import grader
from grader.sandbox import (
    Call,
    CallError,
    Limits,
    Sandbox,
    SandboxUnavailable,
    probe,
    probe_level,
    process,
    visible,
)
from grader.sandbox.cells import plain_source
from grader.sandbox.exchange import Exchange, Fault
from grader.sandbox.inside import seccomp, wire

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")

ATTACKS = Path(__file__).parent / "attacks"
QUICK = Limits(cpu_seconds=1, wall_seconds=20)


@functools.cache
def levels() -> dict[str, str]:
    return probe_level()[1]


def make(level: str, **how: object) -> Sandbox:
    if why := levels()[level]:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no level {level} here: {why}")
    return Sandbox(level=level, **how)


@pytest.fixture(scope="module", params=["hybrid", "files", "strict"])
def box(request):
    with make(request.param, packages=("numpy",)) as box:  # without matplotlib it starts in a blink
        yield box


def answer(box: Sandbox, code: str, *inputs: object, limits: Limits | None = None) -> object:
    """What `f`, defined by `code`, answers to `inputs`, everything else having gone well."""
    report = box.run([code], [Call("f", "f", [inputs])], limits)
    assert (report.outcome, report.reason, report.cell_errors) == ("ok", "", [])
    return report.answers["f"][0]


# Honest programs


def test_arrays_go_in_and_come_out(box):
    inputs = (np.arange(6.0).reshape(2, 3), np.float32(2), 3, None, "text", (1, [True, 2j]))
    given = [np.array(inputs[0])]
    back = answer(box, "def f(*inputs): return inputs", *inputs)
    np.testing.assert_array_equal(back[0], given[0])
    assert type(back[1]) is np.float32
    assert back[1:] == inputs[1:]


@pytest.mark.parametrize("dtype", [dtype.name for dtype in wire.DTYPES])
def test_every_dtype_travels(box, dtype):
    sent = np.array([[0, 1], [1, 0]]).astype(dtype)
    back = answer(box, "def f(x): return x[::-1, ::-1].T, x[:0], x[0, 0]", sent)
    assert [part.dtype.name for part in back] == [dtype] * 3
    np.testing.assert_array_equal(back[0], sent)


def test_an_in_place_write_changes_no_other_case_and_not_the_callers_array(box):
    x = np.zeros(3)
    calls = [Call("a", "f", [(x,), (x,)]), Call("b", "f", [(x,)])]
    report = box.run(["def f(x):\n    x += 1\n    return x"], calls)
    assert [list(a) for key in "ab" for a in report.answers[key]] == [[1, 1, 1]] * 3
    assert not x.any()


NUMPY = """
import io
import numpy as np
rng = np.random.default_rng(0)
a = rng.standard_normal((5, 5))
parts = [
    np.linalg.svd(a)[1], np.linalg.inv(a) @ a, np.linalg.solve(a, np.ones(5)), np.linalg.eigvals(a),
    np.linalg.qr(a)[0], np.linalg.norm(a), np.linalg.det(a), np.linalg.lstsq(a, np.ones(5))[0],
    np.fft.ifft2(np.fft.fft2(a)), np.fft.rfft(a[0]), np.einsum("ij,jk->ik", a, a, optimize=True),
    np.sort(a, axis=None, kind="stable"), np.argpartition(a, 2), np.unique(a), np.histogram(a)[0],
    np.random.permutation(5), np.random.RandomState(0).normal(size=3), rng.choice(5, 3),
    np.polynomial.Polynomial([1, 2]).integ().coef, np.polyfit([1, 2, 3], [2, 4, 6], 1),
    np.lib.stride_tricks.sliding_window_view(a, (2, 2)), np.vectorize(lambda x: x + 1)(a),
    np.ma.array([1], mask=[0]).sum(), np.kron(a, a), np.gradient(a)[0], np.cumsum(a),
    np.interp(0.5, [0, 1], [1, 2]), np.tensordot(a, a), np.outer(a, a), np.convolve(a[0], a[1]),
    a.astype(np.float16),
]
np.testing.assert_allclose(a, a)
big = np.ones((700, 700)) @ np.ones((700, 700))
file = io.BytesIO()
np.savez_compressed(file, a=a)
file.seek(0)
assert (np.load(file)["a"] == a).all()
text = np.array2string(a) + repr(a)
def f(): return len(parts), big
"""


def test_numpys_breadth_works(box):
    count, big = answer(box, NUMPY)
    assert count == 31
    assert (big == 700).all()


FIGURES = """
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML, display
fig, ax = plt.subplots(2, 2)
ax[0, 0].plot([1, 2], label=r"$\\alpha^2$")
ax[0, 0].set_title("Title", fontweight="bold", family="serif", fontstyle="italic")
ax[0, 0].legend()
ax[0, 1].contourf(np.eye(5))
ax[1, 0].hist(np.arange(9))
ax[1, 1].text(0, 0, "monospace", family="monospace")
plt.tight_layout()
plt.show()
for name in ("plot.png", "plot.svg", "plot.pdf", "plot.jpg"):
    fig.savefig(name)
with open("plot.png", "rb") as file:
    size = len(file.read())
plt.figure().add_subplot(projection="3d").plot([1, 2], [1, 2], [1, 2])
plt.gcf().canvas.draw()
display(fig, HTML("<b>fine</b>"))
"""
FILES = """
import csv, json, pathlib
np.save("x.npy", np.ones(2))
np.savetxt("x.txt", np.load("x.npy"))
np.savez("x.npz", a=np.loadtxt("x.txt"))
pathlib.Path("note.txt").write_text("one\\ntwo\\n")
with open("note.txt", "a") as file:
    file.write("three\\n")
lines = open("note.txt").read().splitlines()
def f(): return size, np.load("x.npz")["a"], lines
"""


WHICH_ONES = """
import importlib
def f(names):
    found = []
    for name in names:
        try:
            importlib.import_module(name)
            found.append(name)
        except ImportError:
            pass
    return found
"""
NAMES = ["numpy", "matplotlib", "torch", "nbgrader", "IPython.core", "pytest", "pip", "minigrad"]
NAMES += ["grader.judge", "grader.sandbox"]


@pytest.mark.parametrize("level", ["hybrid", "files", "strict"])
def test_drawing_and_files_of_ones_own_cost_nothing(level):
    with make(level) as box:
        report = box.run([FIGURES, FILES], [Call("f", "f", [()])])
        assert answer(box, WHICH_ONES, NAMES) == ["numpy", "matplotlib"]
    assert (report.outcome, report.cell_errors, report.notes) == ("ok", [], [])
    size, ones, lines = report.answers["f"][0]
    assert size > 5000
    assert list(ones) == [1, 1]
    assert lines == ["one", "two", "three"]


HONEST = """
import sys, warnings, random, time, math, collections, itertools, functools, dataclasses, typing
import platform, grader
from grader import check
@dataclasses.dataclass
class Point:
    x: float
warnings.warn("to stderr"); print("to stderr", file=sys.stderr)
for line in range(30):
    print("line", line, Point(1.0), platform.python_version(), random.random())
check("e2.mul", print)
time.sleep(0.01)
%matplotlib inline
%time answer = 41 + 1
!ls
files = !ls
def f(): return answer, files, __name__
"""


def test_a_chatty_notebook_is_graded_like_any_other(box):
    report = box.run([HONEST], [Call("f", "f", [()])])
    assert (report.outcome, report.cell_errors) == ("ok", [])
    assert report.answers == {"f": [(42, [], "__main__")]}
    assert report.notes == [
        "code cell 1, line 15: `!ls` was not run while grading",
        "code cell 1, line 16: `files = !ls` was not run while grading",
    ]


def test_a_cell_that_raises_stops_neither_the_next_cell_nor_the_calls(box):
    cells = [
        "x = 1\n\n1 / 0",
        "def f(:\n    pass",
        "def f():\n    return g()\ndef g():\n    return [][1]",
        "quit()",
    ]
    report = box.run(cells, [Call("f", "f", [()])])
    assert [(e.cell, e.line, e.error.split(":")[0]) for e in report.cell_errors] == [
        (0, 3, "ZeroDivisionError"),
        (1, 1, "SyntaxError"),
        (3, 1, "SystemExit"),
    ]
    assert report.answers["f"] == [CallError("raised", "IndexError: list index out of range", 4, 2)]


@pytest.mark.parametrize(
    ("code", "kind", "message", "line"),
    [
        ("", "missing", "`f` is not defined", None),
        ("f = 3", "missing", "`f` is not a function but a int", None),
        ("def f(x):\n    raise NotImplementedError", "not-implemented", "NotImplementedError", 2),
        ("def f(x): return object()", "not-data", "returned a object", None),
        ("def f(x): return {1: 2}", "not-data", "returned a dict", None),
        ("def f(x): return np.ma.array([1])", "not-data", "returned a MaskedArray", None),
        (
            "def f(x): return np.array([x, None])",
            "not-data",
            "returned an array of dtype object",
            None,
        ),
        (
            "def f(x): return [0] * 10**6",
            "not-data",
            "returned a list of more than 100000 parts",
            None,
        ),
        (
            "def f(x): x = [x]; x[0] = x; return x",
            "not-data",
            "returned a list nested more than 32 deep",
            None,
        ),
        ("def f(x): return 10**1000", "not-data", "returned an integer of 416 bytes", None),
        (
            "def f(): return 1",
            "raised",
            "TypeError: f() takes 0 positional arguments but 1 was given",
            None,
        ),
        ("def f(x): exit()", "raised", "SystemExit: None", 1),
    ],
)
def test_a_call_without_a_value_says_why(box, code, kind, message, line):
    if kind == "not-data":
        message += ", expected arrays or numbers"
    report = box.run(["import numpy as np", code], [Call("f", "f", [(1,)])])
    error = report.answers["f"][0]
    assert (report.outcome, error.kind, error.message, error.line) == ("ok", kind, message, line)


def test_a_tensor_comes_back_as_its_array(box):
    code = """
import numpy as np
class Tensor:
    def detach(self): return self
    def numpy(self): return np.ones(2)
def f(): return Tensor(), [Tensor()]
"""
    one, (two,) = answer(box, code)
    assert list(one) == list(two) == [1, 1]


def test_inputs_come_only_after_the_cells(box):
    early = """
import select
seen = select.select([3], [], [], 0.1)[0]
def f(x): return len(seen), x.size
"""
    more_than_a_pipe_holds = np.ones(100_000)
    assert answer(box, early, more_than_a_pipe_holds) == (0, 100_000)


# How a submission can end

ENDINGS = {
    "an endless loop": (
        "while True: pass",
        "ran longer than 1 s of processor time in code cell 2: look for a loop that does not end.",
    ),
    "an endless loop that ignores the signal": (
        "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
        "ran longer than 1 s of processor time in code cell 2: look for a loop that does not end.",
    ),
    "exit code 0": (
        "import os; os._exit(0)",
        "stopped Python (exit code 0) in code cell 2 before the checks were done.",
    ),
    "a crash": ("import ctypes; ctypes.string_at(0)", "crashed in code cell 2 (signal 11)."),
    "every descriptor closed": (
        "import os; os.closerange(0, 100)",
        "stopped Python (exit code 1) in code cell 2 before the checks were done.",
    ),
    "a forged length": (
        "import os; os.write(4, (1 << 60).to_bytes(8, 'big'))",
        "sent more than 64 MiB in code cell 2.",
    ),
    "a flood": (
        "import os; os.write(4, (60 << 20).to_bytes(8, 'big'))\nwhile 1: os.write(4, bytes(512))",
        "sent something that is not an answer in code cell 2.",
    ),
    "noise": ("import os; os.write(4, b'x' * 5000)", "sent more than 64 MiB in code cell 2."),
    "a frame out of order": (
        "import os, wire; os.write(4, wire.frame(('answer', 0, 1)))",
        "sent something that is not an answer in code cell 2.",
    ),
    "a fault of the sandbox, forged": (
        "import os, wire; os.write(4, wire.frame(('ended', 0, 'no codec', 0.0, 1)))",
        "sent something that is not an answer in code cell 2.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_ending_is_one_clear_sentence_and_the_next_student_never_notices(box, ending):
    code, sentence = ENDINGS[ending]
    report = box.run(["1 / 0", code], [Call("f", "f", [(1,), (2,)])], QUICK)
    assert report.reason == f"Your notebook {sentence}"
    assert report.outcome == "student_error"
    assert [error.kind for error in report.answers["f"]] == ["not-reached"] * 2
    assert len(report.cell_errors) == 1  # what was said before the end is kept
    assert answer(box, "def f(x): return x", 1) == 1


@pytest.mark.skipif(platform.machine() != "x86_64", reason="machine code of x86_64")
def test_a_32_bit_system_call_is_the_end(box):
    code = """
import ctypes, mmap
code = mmap.mmap(-1, 4096, prot=7)
code.write(b"\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3")  # mov eax, getpid; int 0x80; ret
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
"""
    report = box.run([code])
    # 31 from the filter; 11 from a kernel that has no 32-bit calls at all
    assert report.reason in [
        f"Your notebook crashed in code cell 1 (signal {n})." for n in (31, 11)
    ]


def test_what_was_answered_before_the_end_is_kept(box):
    code = "def f(x):\n    while x == 2: pass\n    return x"
    report = box.run([code], [Call("f", "f", [(1,), (2,), (3,)])], QUICK)
    assert report.outcome == "student_error"
    assert report.reason.startswith(
        "Your notebook ran longer than 1 s of processor time while `f` was called"
    )
    assert report.answers["f"][0] == 1
    assert [error.kind for error in report.answers["f"][1:]] == ["not-reached"] * 2


def test_sleeping_ends_at_the_wall(box):
    report = box.run(["import time; time.sleep(60)"], limits=Limits(wall_seconds=0.5))
    assert report.reason == "Your notebook took longer than 0.5 s in code cell 1."
    assert 0.4 < report.wall_seconds < 5


@pytest.mark.parametrize(
    "code",
    [
        "import numpy as np; x = np.ones(3 << 26)",
        "x = []\nwhile True: x.append(bytearray(1 << 24))",
        "x = ['']\nwhile True: x *= 2",
        "import mmap\nx = [mmap.mmap(-1, 1 << 28) for _ in range(9)]",
    ],
)
def test_too_much_memory_is_a_memory_error_and_the_next_cell_runs(box, code):
    report = box.run([code, "def f(): return 1"], [Call("f", "f", [()])], Limits(wall_seconds=60))
    assert report.outcome == "ok"
    assert len(report.cell_errors) == 1
    if "mmap" not in code:
        assert report.cell_errors[0].error == "MemoryError: needed more than 1 GiB of memory"
    assert report.answers["f"] == [1]
    assert report.memory_bytes < 1.5 * (1 << 30)


def test_recursion_is_an_error_of_the_cell(box):
    report = box.run(["def f(): f()\nf()"])
    assert report.cell_errors[0].error.startswith("RecursionError")


@pytest.mark.parametrize(
    "code", ["-" * 200_000 + "1", "(" * 200_000, "a\0b", "\ud800", "x = 1\n" * 200_000]
)
def test_source_that_no_parser_likes_is_only_an_error_of_the_cell(box, code):
    report = box.run([code, "def f(): return 1"], [Call("f", "f", [()])])
    assert report.answers["f"] == [1]
    assert len(report.cell_errors) <= 1


def test_a_flood_on_stdout_goes_nowhere(box):
    start = time.monotonic()
    report = box.run(["for _ in range(50): print('x' * (1 << 20))"])
    assert report.outcome == "ok"
    assert time.monotonic() - start < 10


def test_a_large_answer_is_cut_at_the_cap(box):
    code = "import numpy as np\ndef f(): return np.ones(1 << 20)"
    report = box.run([code], [Call("f", "f", [()])], Limits(answer_bytes=1 << 20))
    assert report.reason == "Your notebook sent more than 1 MiB while `f` was called."


def test_the_cap_counts_all_answers_together(box):
    code = "import numpy as np\ndef f(): return np.ones(50_000)"
    report = box.run([code], [Call("f", "f", [()] * 5)], Limits(answer_bytes=1 << 20))
    assert report.reason == "Your notebook sent more than 1 MiB while `f` was called."
    assert [isinstance(a, np.ndarray) for a in report.answers["f"]] == [True] * 2 + [False] * 3


def test_messages_are_short_and_cannot_move_a_terminal(box):
    code = "raise ValueError('\\x1b[2J' + 'x' * 10**6)"
    (error,) = box.run([code], limits=Limits(text_bytes=100)).cell_errors
    assert error.error == "ValueError: \ufffd[2J" + "x" * 84


def test_too_much_source_is_refused_unread(box):
    report = box.run(["#" * (3 << 20)])
    assert report.reason == "Your notebook holds more than 2 MiB of code."


# Faults of the sandbox itself are never the student's


def test_a_cage_that_cannot_be_built_is_a_fault_of_the_sandbox(box):
    report = box.run(["x = 1"], limits=Limits(memory_bytes=1 << 70))
    assert report.outcome == "infra_error"
    assert "cage could not be built" in report.reason


def test_a_zygote_that_dies_is_replaced_and_the_submission_run_again(box):
    assert answer(box, "def f(): return 1") == 1
    victim = box._zygote.process
    threading.Timer(0.3, victim.kill).start()
    assert answer(box, "import time; time.sleep(1)\ndef f(): return 2") == 2
    assert box._zygote.process is not victim


def test_no_zygote_at_all_is_an_infra_error(box, monkeypatch):
    def fail(*_):
        raise Fault("no memory for a zygote")

    box.close()
    monkeypatch.setattr(probe, "start", fail)
    report = box.run(["x = 1"], [Call("f", "f", [()])])
    assert (report.outcome, report.reason) == (
        "infra_error",
        "The sandbox failed: no memory for a zygote",
    )
    assert report.answers["f"][0].kind == "not-reached"


# Attacks


def attacks() -> list[str]:
    return sorted(path.stem for path in ATTACKS.glob("*.py"))


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """What an attack is told: another student's file in a folder that anyone may enter, a folder
    that anyone may write to, and where the grader finds its modules: our path, and a copy that
    anyone may read, since the checkout itself may lie in somebody's private folder."""
    place = tmp_path_factory.mktemp("others")
    for folder in (place, place.parent):
        folder.chmod(0o755)
    marker, shared, checkout = place / "submission.ipynb", place / "shared", place / "checkout"
    marker.write_text("the other answer")
    shared.mkdir()
    shared.chmod(0o777)
    shutil.copytree(Path(grader.__file__).parent, checkout / "grader")
    return str(marker), str(shared), ":".join([*(path for path in sys.path if path), str(checkout)])


def source(attack: str) -> str:
    return (ATTACKS / f"{attack}.py").read_text()


@pytest.mark.parametrize("attack", attacks())
def test_the_attack_works_outside(attack, other):
    if attack == "call_the_kernel" and platform.machine() != "x86_64":
        pytest.skip("numbers of x86_64")
    left_open = os.open(os.devnull, os.O_RDONLY)
    code = source(attack) + "\nimport sys\nprint('GAINED', attack(*sys.argv[1:]))"
    ran = subprocess.run(
        [sys.executable, "-c", code, *other],
        capture_output=True,
        text=True,
        env={"SECRET_TOKEN": "hunter2", "HARMLESS": "1", "PATH": os.environ["PATH"]},
        pass_fds=[left_open],
        timeout=60,
    )
    os.close(left_open)
    assert "GAINED" in ran.stdout, ran.stderr


@pytest.mark.parametrize("attack", attacks())
def test_the_attack_gains_nothing_inside(box, attack, other, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    report = box.run([source(attack)], [Call("attack", "attack", [other])], QUICK)
    assert (report.outcome, report.cell_errors) == ("ok", [])
    (result,) = report.answers["attack"]
    assert isinstance(result, CallError), result
    assert result.kind == "raised"
    assert answer(box, "def f(x): return x", 1) == 1


WALLS = {
    "seccomp": (
        "seccomp.apply(self.filter)",
        {"call_home", "call_the_kernel", "hide_memory", "signal_others", "trace_a_process"},
    ),
    "landlock": (
        "landlock.restrict(own) landlock.restrict(_RULES)",
        {"look_around", "read_another_submission", "read_through_proc", "import_the_grader"},
    ),
}


@pytest.mark.parametrize("wall", WALLS)
def test_without_a_wall_attacks_come_through(wall, other, tmp_path, monkeypatch):
    """It is the sandbox that stops them, not something else in the way."""
    lines, expected = WALLS[wall]
    inside = tmp_path / "inside"
    shutil.copytree(process.INSIDE, inside)
    for folder in (inside, *inside.parents[:-1]):
        if folder.stat().st_uid == os.getuid() and "pytest" in str(folder):
            folder.chmod(0o755)
    code = (inside / "cage.py").read_text()
    for line in lines.split(" "):
        assert code.count(line) == 1
        code = code.replace(line, "pass")
    (inside / "cage.py").write_text(code)
    monkeypatch.setattr(process, "INSIDE", inside)
    monkeypatch.setattr(probe, "_try", lambda zygote: None)
    with make("files", packages=("numpy",)) as box:
        for attack in expected:
            report = box.run([source(attack)], [Call("attack", "attack", [other])], QUICK)
            (result,) = report.answers["attack"]
            assert getattr(result, "kind", "gained") != "raised", attack


def test_nothing_is_left_for_the_next_student(box):
    leave = """
import builtins, sys, os, numpy as np
builtins.left = np.left = sys.left = 1
np.ones = None
open("left.txt", "w").write("an answer")
sys.modules["left"] = sys
os.environ["LEFT"] = "1"
def f(): return 1
"""
    find = """
import builtins, sys, os, numpy as np
found = [hasattr(place, "left") for place in (builtins, np, sys)]
found += ["left" in sys.modules, os.path.exists("left.txt"), "LEFT" in os.environ, np.ones is None]
def f(): return found
"""
    assert answer(box, leave + "def f(): return os.path.exists('left.txt')") is True
    assert answer(box, find) == [False] * 7


def test_forged_answers_are_only_answers(box):
    """A submission may write its answers itself; it gains no more than by returning them."""
    code = """
import os, wire
def f(x):
    os.write(4, wire.frame(("answer", 0, 5)) + wire.frame(("answer", 1, 6)) + wire.frame(("done",)))
    os._exit(0)
"""
    report = box.run([code], [Call("f", "f", [(1,), (2,)])])
    assert report.answers["f"] == [5, 6]


def test_only_the_packages_are_there(box):
    assert answer(box, WHICH_ONES, NAMES) == ["numpy"]


@pytest.mark.parametrize("level", ["hybrid", "files", "strict"])
def test_minigrad_can_be_one_of_the_packages_and_brings_no_grader(level):
    code = """
import minigrad, numpy as np
x = minigrad.tensor([1.0, 2.0], requires_grad=True)
def f():
    try:
        import grader.sandbox
    except ImportError:
        return x * 2
"""
    with make(level, packages=("numpy", "minigrad")) as box:
        np.testing.assert_array_equal(answer(box, code), np.array([2, 4], np.float32))


# Levels


def test_no_folder_of_installed_packages_is_readable(tmp_path):
    for name in ("lib/os.py", "lib/python3/site-packages/torch.py", "lib/python3/json.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    tree = tmp_path / "lib"
    seen = visible.Visible(tree, (tree,), visible._hidden((tree,)), {})
    assert seen.readable() == [str(tree / "os.py"), str(tree / "python3" / "json.py")]

    seen = visible.visible(("numpy", "matplotlib"))
    folders = [Path(path) for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    assert folders
    for folder in folders:
        for path in seen.readable():
            assert Path(path) != folder.resolve()
            assert Path(path) not in folder.resolve().parents
    assert {"numpy", "matplotlib", "PIL", "mpl_toolkits", "dateutil"} <= set(seen.packages)
    assert not {"torch", "grader", "nbgrader", "pip", "IPython"} & set(seen.packages)


@pytest.mark.parametrize("limit", ["cpu_seconds", "wall_seconds", "memory_bytes", "answer_bytes"])
def test_a_limit_of_nothing_is_a_mistake_of_the_caller(limit):
    with pytest.raises(ValueError, match=f"{limit} must be"):
        Limits(**{limit: 0})


def test_what_must_not_be_seen_is_refused_by_name():
    with pytest.raises(ValueError, match="`torch` must not be importable while grading"):
        Sandbox(packages=("numpy", "torch"))
    with pytest.raises(ImportError, match="pip install no_such_package"):
        Sandbox(packages=("no_such_package",))
    with pytest.raises(ValueError, match="choose from hybrid, files, strict"):
        Sandbox(level="best")


def test_a_package_that_is_broken_is_named_not_the_sandbox(tmp_path, monkeypatch):
    (tmp_path / "broken_package.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match="import broken_package: ZeroDivisionError"):
        Sandbox(packages=("numpy", "broken_package"))


def test_the_best_level_that_holds_is_taken_and_told(monkeypatch):
    level, why = probe_level()
    assert level in ("hybrid", "files", "strict")
    assert why[level] == ""
    with Sandbox(packages=("numpy",)) as box:
        assert box.level == level
    monkeypatch.setattr(probe.bubblewrap, "version", lambda: ())
    with pytest.raises(SandboxUnavailable, match="bubblewrap is not installed"):
        Sandbox(level="hybrid", packages=("numpy",))
    with Sandbox(packages=("numpy",)) as box:
        assert box.level != "hybrid"


def test_a_cage_with_a_hole_is_not_used(monkeypatch):
    """The plain child process stands for a sandbox that does not hold: the probe must see it."""
    real = probe.Zygote
    monkeypatch.setattr(probe, "Zygote", lambda level, *rest: real("unsafe", *rest))
    with pytest.raises(SandboxUnavailable) as caught:
        Sandbox(packages=("numpy",))
    assert str(caught.value).count("it does not hold") == 3
    assert "--unsafe" in str(caught.value)


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_other_systems_are_told_what_would_do(monkeypatch, system):
    monkeypatch.setattr(sys, "platform", system)
    with pytest.raises(SandboxUnavailable, match=r"needs Linux \(on Windows, WSL2 will do\)"):
        Sandbox()


def test_unsafe_is_a_process_of_its_own_without_torch():
    with Sandbox(packages=("numpy",), unsafe=True) as box:
        assert box.level == "unsafe"
        code = """
import os
try:
    import torch
except ImportError:
    torch = None
def f(): return os.getpid(), torch
"""
        process, torch = answer(box, code)
        assert process != os.getpid()
        assert torch is None
        assert box.run(["while True: pass"], limits=QUICK).outcome == "student_error"


def test_a_sandbox_that_is_closed_leaves_nothing_behind():
    box = Sandbox(packages=("numpy",))
    below = family(box._zygote.process.pid)
    box.close()
    assert below
    assert gone(below)


def test_nothing_survives_the_death_of_the_grader(box, tmp_path):
    code = f"""
import sys, threading, time
from grader.sandbox import Sandbox, Limits
box = Sandbox(packages=("numpy",), level={box.level!r})
threading.Timer(0.5, lambda: print("running", flush=True)).start()
box.run(["while True: pass"], limits=Limits(cpu_seconds=60, wall_seconds=60))
"""
    grader = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},  # where it cannot clean up any more
    )
    assert grader.stdout.readline() == "running\n"
    below = family(grader.pid)
    assert len(below) >= 3
    grader.send_signal(signal.SIGKILL)
    grader.wait()
    grader.stdout.close()
    assert gone(below)


def family(process: int) -> set[int]:
    """`process` and everything below it."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(stat[1])
    found = {process}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def gone(processes: set[int]) -> bool:
    for _ in range(100):
        alive = {p for p in processes if Path(f"/proc/{p}").exists()}
        if all(
            Path(f"/proc/{p}/stat").read_text().rpartition(")")[2].split()[0] == "Z" for p in alive
        ):
            return True
        time.sleep(0.05)
    return False


# The filter


def decide(code: bytes, word: int, number: int, *arguments: int) -> int:
    """What the kernel would do with a system call under the filter `code`: a small BPF machine."""
    data = struct.pack("=iIQ6Q", number, word, 0, *arguments, *[0] * (6 - len(arguments)))
    at = accumulator = 0
    while True:
        operation, yes, no, value = struct.unpack_from("=HBBI", code, 8 * at)
        at += 1
        match operation:
            case 0x20:
                accumulator = struct.unpack_from("=I", data, value)[0]
            case 0x15:
                at += yes if accumulator == value else no
            case 0x35:
                at += yes if accumulator >= value else no
            case 0x45:
                at += yes if accumulator & value else no
            case 0x06:
                return value


ALLOW, EPERM, KILL = 0x7FFF0000, 0x00050001, 0x80000000
NUMBERS = {  # read, openat, prlimit64, ioctl, fcntl, execve, clone, socket, kill
    "x86_64": (0xC000003E, 0, 257, 302, 16, 72, 59, 56, 41, 62),
    "aarch64": (0xC00000B7, 63, 56, 261, 29, 25, 221, 220, 198, 129),
}


@pytest.mark.parametrize("machine", NUMBERS)
@pytest.mark.parametrize("files", [True, False])
def test_the_filter_decides_as_written(machine, files):
    code = seccomp.program(files=files, machine=machine)
    word, read, openat, prlimit, ioctl, fcntl, *refused = NUMBERS[machine]
    if_files = ALLOW if files else EPERM
    assert decide(code, word, read) == ALLOW
    assert decide(code, word, openat, 3, 0, os.O_RDONLY | os.O_CLOEXEC) == if_files
    for flag in (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC, os.O_TMPFILE):
        assert decide(code, word, openat, 3, 0, flag) == EPERM
    assert decide(code, word, prlimit, 0, 7, 0, 1) == ALLOW
    for new_limit in (1, 1 << 32, 1 << 63):
        assert decide(code, word, prlimit, 0, 7, new_limit, 0) == EPERM
    assert decide(code, word, prlimit, 1, 7, 0, 1) == EPERM  # another process's
    assert decide(code, word, ioctl, 0, 0x5401) == if_files
    assert decide(code, word, ioctl, 0, 0x5412) == EPERM  # TIOCSTI types into a terminal
    assert decide(code, word, fcntl, 0, 1030) == if_files
    assert decide(code, word, fcntl, 0, 8) == EPERM  # F_SETOWN directs signals
    for number in refused:
        assert decide(code, word, number) == EPERM
    allowed = [n for n in range(1024) if decide(code, word, n) == ALLOW]
    assert 40 < len(allowed) < 80
    assert decide(code, word ^ 1, read) == KILL  # another architecture
    assert decide(code, word, read | 0x40000000) == EPERM  # x32


def test_an_unknown_machine_is_named():
    with pytest.raises(OSError, match="x86_64 and aarch64, not of riscv64"):
        seccomp.program(files=True, machine="riscv64")


# The wire


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -1,
        2**200,
        1.5,
        float("inf"),
        1j,
        "ä\0",
        (),
        [],
        (1, [2, ("x", None)]),
        np.float32(1),
        np.zeros((0, 3)),
        np.array(5),
    ],
)
def test_a_value_is_the_same_after_the_wire(value):
    (back,) = wire.Frames().feed(wire.frame(value))
    assert type(back) is type(value)
    if isinstance(value, np.ndarray):
        assert (back.shape, back.dtype) == (value.shape, value.dtype)
        assert back.flags.writeable
    else:
        assert back == value


def test_frames_may_arrive_byte_by_byte_or_many_at_once():
    data = wire.frame(1) + wire.frame("two") + wire.frame((3,))
    frames = wire.Frames()
    assert [value for byte in data for value in frames.feed(bytes([byte]))] == [1, "two", (3,)]
    assert list(wire.Frames().feed(data)) == [1, "two", (3,)]


def test_no_bytes_make_the_reader_do_anything_but_refuse():
    rng = np.random.default_rng(0)
    good = wire.frame(("answer", 3, (np.arange(4.0), [1, 2.5, None, "text"], np.float32(2))))[8:]
    refused = 0
    for _ in range(20_000):
        body = bytearray(good)
        for _ in range(rng.integers(1, 4)):
            body[rng.integers(len(body))] = rng.integers(256)
        try:
            wire.decode(bytes(body[: rng.integers(1, len(body) + 1)]))
        except wire.BadFrame:
            refused += 1
    assert refused > 10_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"?",
        b"NN",
        b"(\xff\xff\xff\xff",
        b"(\0\0\0\1" * 40 + b"N",
        b"[" + (99_999).to_bytes(4, "big") + b"[\0\0\0\1N" * 99_999,
        b"s\xff\xff\xff\xffx",
        b"i\xff",
        b"a\x0b\1" + (1 << 61).to_bytes(8, "big"),
        b"a\x0b\2" + (1 << 32).to_bytes(8, "big") * 2,
        b"a\x0b\3" + (1 << 40).to_bytes(8, "big") + bytes(8) + (1 << 40).to_bytes(8, "big"),
        b"a\xff\0",
        b"a\0\xff",
        b"g\0\1" + bytes(8),
        b"\x80\x04K\x01.",  # a pickle
        b"PK\3\4",  # an npz
    ],
)
def test_hostile_bodies_are_refused(body):
    with pytest.raises(wire.BadFrame):
        wire.decode(body)


def test_a_bool_that_is_neither_is_true():
    array = wire.decode(b"a\0\1" + (2).to_bytes(8, "big") + b"\2\0")
    assert array.view(np.uint8).tolist() == [1, 0]


@pytest.mark.parametrize("limit", [10, 1 << 20])
def test_a_frame_is_refused_when_its_length_is_announced(limit):
    with pytest.raises(wire.TooMuch):
        list(wire.Frames(limit).feed((limit + 1).to_bytes(8, "big")))


def test_an_exchange_takes_nothing_out_of_order():
    report_of = lambda *frames: _exchange(*frames).report  # noqa: E731
    assert report_of(("cell", 0, None, ""), ("ready",), ("answer", 0, 1), ("done",)).answers == {
        "f": [1]
    }
    for frames in [
        [("ready",)],
        [("cell", 1, None, "")],
        [("cell", 0, None, "")] * 2,
        [("cell", 0, None, ""), ("done",)],
        [("cell", 0, None, ""), ("answer", 0, 1)],
        [("cell", 0, None, ""), ("ready",), ("answer", 1, 1)],
        [("cell", 0, None, ""), ("ready",), ("answer", 0, 1), ("answer", 0, 1)],
        [("cell", 0, None, ""), ("ready",), ("error", 0, "perfect", "full marks", None, None)],
        [("cell", 0, None, ""), ("ready",), ("error", 0, "raised", "x", None, "line")],
        [("cell", 0, "1", "")],
        [7],
    ]:
        with pytest.raises(Exception, match="not an answer"):
            _exchange(*frames)


def test_a_call_that_writes_into_its_inputs_is_reported(box):
    cell = (
        "def f(g, n, a):\n    g *= n\n    return g\n"
        "def h(g, n, a):\n    a.resize(2, 3)\n    raise ValueError\n"
        "def k(g, n, a):\n    return g * n"
    )
    given = (np.arange(3.0), 2, np.zeros((3, 2)))
    report = box.run([cell], [Call(name, name, [given, given]) for name in "fhk"])
    assert report.outcome == "ok"
    assert report.changed == {"f": [(0,)] * 2, "h": [(2,)] * 2, "k": [()] * 2}
    assert report.answers["f"][1].tolist() == [0, 2, 4]


def test_a_wrong_answer_after_such_a_change_is_explained_by_it(box):
    from grader.assess import judge_sources
    from grader.grade import Check

    cell = "def mul_vjp(g, a, b):\n    g *= b\n    return g, g * a"
    checks = [Check("mul-check", "e2.mul", 3)]
    (verdict,) = judge_sources([cell], "e2_local_rules", checks, b"seed", box)
    assert verdict.mistake == "overwrote-input"


def test_forged_changes_are_refused_unless_they_are_whole_numbers():
    begin = ("cell", 0, None, ""), ("ready",)
    assert _exchange(*begin, ("answer", 0, 1), ("changed", 0, (0, -7))).report.changed == {
        "f": [(0, -7)]
    }
    for frame in [("changed", 1, (0,)), ("changed", 0, ("x",)), ("changed", 0, (True,))]:
        with pytest.raises(Exception, match="not an answer"):
            _exchange(*begin, ("answer", 0, 1), frame)
    with pytest.raises(Exception, match="not an answer"):
        _exchange(*begin, ("changed", -1, (0,)))


def _exchange(*frames: object) -> Exchange:
    from grader.sandbox import Report

    exchange = Exchange(["x"], [Call("f", "f", [()])], Limits(), Report())
    exchange.received(b"".join(map(wire.frame, frames)))
    return exchange


# Cells


@pytest.mark.parametrize(
    ("cell", "plain", "notes"),
    [
        ("x = 1", "x = 1", []),
        ("x = 1 % 2", "x = 1 % 2", []),
        ("\n\n  x = 1\n  y = 2", "\n\nx = 1\ny = 2\n", []),
        (">>> x = 1\n>>> y = 2", "x = 1\ny = 2\n", []),
        ("%%time\nx = 1\n!ls", "\nx = 1\nget_ipython().system('ls')\n", ["line 3: `!ls`"]),
        ("\n%%bash\nrm x", "", ["line 2: the cell of `%%bash`"]),
        (
            "x = !ls \\\n -l\ny",
            "x = get_ipython().getoutput('ls   -l')\n\ny\n",
            ["line 1: `x = !ls \\`"],
        ),
        ("'''\n!ls\n'''", "'''\n!ls\n'''\n", []),
        ("print?", "get_ipython().run_line_magic('pinfo', 'print')\n", ["line 1: `print?`"]),
        ("if 1:\n    %time x = 3", "if 1:\n    x = 3\n", []),
        ("x = (\n!ls", "x = (\n!ls", []),
    ],
)  # fmt: skip
def test_magics_go_and_lines_stay(cell, plain, notes):
    pytest.importorskip("IPython")
    source, said = plain_source(cell)
    assert source.rstrip("\n") == plain.rstrip("\n")
    assert said == [f"{note} was not run while grading" for note in notes]


@pytest.mark.parametrize(
    "cell",
    [
        "%x\n" * 80_000,
        "?" * 200_000,
        "a" * 200_000 + "?",
        "\n" * 250_000 + "!",
        "x = %y\n" * 30_000,
        "(" * 200_000 + "\n!ls",
        "!ls\n'''" + "a\n" * 100_000,
        ("a" * 1999 + "?\n") * 100,
        " " * 200_000 + "?",
    ],
    ids=range(9),
)
def test_no_cell_keeps_the_judge_busy(cell):
    pytest.importorskip("IPython")
    start = time.monotonic()
    plain_source(cell)
    assert time.monotonic() - start < 8

"""check() in the student's own kernel: one line for right, one clear block for everything else."""

import subprocess
import sys
import time

import nbformat
import numpy as np
import pytest
from conftest import jupyter, needs

from grader import check
from grader.check import ONCE, CheckFailed
from grader.feedback import GREEN


def right(g, a, b):
    return g * b, g * a


def failure(*arguments):
    with pytest.raises(CheckFailed) as caught:
        check(*arguments)
    block = caught.value._render_traceback_()
    assert block[0] == str(caught.value)
    return "\n".join(block)


def test_right_is_one_line(capsys):
    assert check("e2.mul", right) is None
    told = capsys.readouterr()
    assert (told.out, told.err) == ("e2.mul: right: all 5 answers agree with PyTorch\n", "")


def test_a_known_mistake_is_named():
    lines = failure("e2.mul", lambda g, a, b: (g * a, g * b)).splitlines()
    said = "own-factor: you scaled g by the input itself, not by the other factor"
    assert lines[0] == f"e2.mul: {said}"
    assert lines[2].startswith("  grad_a at [0]: yours ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("e2.mull", right), "there is no task 'e2.mull'. Did you mean e2.mul"),
        (("mul", right), "there is no task 'mul'."),
        (("e2.mul\x1b[31m", right), "there is no task"),
        ((right, "e2.mul"), 'check needs the task\'s name first: check("e2.mul", mul_vjp)'),
        (("e2.mul", (1, 2)), 'without parentheses: check("e2.mul", mul_vjp)'),
        (("e2.mul", None), 'without parentheses: check("e2.mul", mul_vjp)'),
        (("e2.mul", "mul_vjp"), 'without parentheses: check("e2.mul", mul_vjp)'),
    ],
)
def test_wrong_use_is_one_clear_sentence(arguments, words):
    said = failure(*arguments)
    assert words in said
    assert "\n" not in said
    assert "\x1b" not in said


def test_a_forgotten_argument_is_told():
    assert 'check("e2.mul", mul_vjp)' in failure(right)
    assert 'check("e2.mul", mul_vjp)' in failure("e2.mul")
    assert 'check("e2.mul", mul_vjp)' in failure()


def test_the_stub_is_not_written_yet():
    def mul_vjp(g, a, b):
        raise NotImplementedError

    assert failure("e2.mul", mul_vjp).startswith("e2.mul: not written yet: mul_vjp still raises")


def test_an_error_is_told_with_its_line():
    def mul_vjp(g, a, b):
        return np.dot(
            g,
            a.nothing,
        )

    line = mul_vjp.__code__.co_firstlineno + 3
    said = failure("e2.mul", mul_vjp)
    assert "AttributeError: 'numpy.ndarray' object has no attribute 'nothing'" in said
    assert said.startswith(f"e2.mul: line {line}: AttributeError")


def test_errors_that_cannot_be_told_do_not_break_it():
    class Odd(Exception):
        def __str__(self):
            raise RuntimeError

    def mul_vjp(g, a, b):
        raise Odd

    line = mul_vjp.__code__.co_firstlineno + 1
    assert failure("e2.mul", mul_vjp).startswith(f"e2.mul: line {line}: Odd\n")
    assert ": SystemExit: 3" in failure("e2.mul", lambda g, a, b: sys.exit(3))


def test_a_wrong_signature_is_told():
    def mul_vjp(g, a):
        return g

    mul_vjp.__qualname__ = "mul_vjp"  # as in a cell
    said = failure("e2.mul", mul_vjp)
    assert "TypeError: mul_vjp() takes 2 positional arguments but 3 were given" in said
    assert "Wanted is mul_vjp(g, a, b) -> (grad_a, grad_b)." in said


def test_stopping_it_by_hand_stops_it_and_tells_the_line():
    asked = []

    def mul_vjp(g, a, b):
        asked.append(a)
        raise KeyboardInterrupt

    line = mul_vjp.__code__.co_firstlineno + 2
    assert failure("e2.mul", mul_vjp).splitlines() == [
        f"e2.mul: you stopped it in line {line}",
        "  Look for a loop that does not end.",
    ]
    assert len(asked) == 1


def test_what_takes_long_says_how_to_stop_it(monkeypatch, capsys):
    def slow(g, a, b):
        if a.ndim == 0:
            time.sleep(0.1)
        return right(g, a, b)

    monkeypatch.setattr(sys.modules["grader.check"], "LONG", 0.05)
    check("e2.mul", slow)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("e2.mul: mul_vjp is still running. A loop that does not end? Stop it")
    assert said[1:] == ["e2.mul: right: all 5 answers agree with PyTorch"]
    check("e2.mul", right)
    time.sleep(0.1)
    assert "running" not in capsys.readouterr().out


def test_inputs_are_copies(capsys):
    def mul_vjp(g, a, b):
        grads = g * b, g * a
        g[...], a[...], b[...] = 0, 0, 0
        return grads

    check("e2.mul", mul_vjp)
    check("e2.mul", right)


def test_a_function_that_overwrites_what_it_needs_is_told_so():
    def mul_vjp(g, a, b):
        g *= b
        return g, g * a

    said = failure("e2.mul", mul_vjp)
    assert said.startswith("e2.mul: overwrote-input: your function changed its input g in place\n")


def test_callables_of_every_kind_are_taken(capsys):
    from functools import partial

    class Rule:
        def __call__(self, g, a, b):
            return right(g, a, b)

    check("e2.mul", Rule())
    check("e2.mul", partial(right))


def test_without_torch_it_says_how_to_get_it(tmp_path):
    (tmp_path / "torch.py").write_text("raise ImportError('no torch here')")
    code = (
        "from grader import check\n"
        "try: check('e2.mul', lambda g, a, b: (g * b, g * a))\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.startswith("CheckFailed e2.mul: answers are compared with PyTorch")
    assert "grader doctor" in done.stdout


def test_in_ipython_a_failure_is_one_block():
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    shell = InteractiveShell(config=Config(HistoryManager={"hist_file": ":memory:"}))
    shell.user_ns.update(check=check, np=np)
    told = []
    shell._showtraceback = lambda kind, value, lines: told.append((kind, value, lines))
    shell.run_cell("check('e2.mul', lambda g, a, b: (g, g))")
    kind, _, lines = told[0]
    assert kind is CheckFailed
    assert lines[0] == "e2.mul: sum-rule: you passed g on unchanged; that is the rule of a + b"
    assert not any("Traceback" in line or "judge" in line for line in lines)
    InteractiveShell.clear_instance()


def test_in_jupyter_the_picture_comes_first(monkeypatch):
    import IPython

    class Shell:
        kernel = object()

    shown = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: Shell())
    monkeypatch.setattr(IPython.display, "display", lambda bundle, raw: shown.append((bundle, raw)))
    said = failure("e2.mul", lambda g, a, b: (g, g))
    bundle, raw = shown[0]
    assert raw
    assert "<table" in bundle["text/html"]
    assert bundle["text/plain"].startswith(said)
    assert "\n" not in said  # the block below the picture only names it


def test_in_jupyter_a_right_answer_has_its_panel_too(monkeypatch, capsys):
    import IPython

    class Shell:
        kernel = object()

    shown = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: Shell())
    monkeypatch.setattr(IPython.display, "display", lambda bundle, raw: shown.append(bundle))
    check("e2.mul", right)
    (bundle,) = shown
    assert bundle["text/plain"] == "e2.mul: right: all 5 answers agree with PyTorch"
    assert GREEN in bundle["text/html"]
    failed = ".grader-failed"  # what a cell raises after a right answer is its own, and is shown
    assert failed in ONCE and failed[1:] not in bundle["text/html"].partition("<style>")[0]
    assert capsys.readouterr().out == ""


CELLS = """
from grader import check
check("e2.mul", lambda g, a, b: (g * b, g * a))
# %%
check("e2.add", lambda g, a, b: None)
# %%
print("not reached")
"""


@needs("chromium")
def test_jupyterlab_and_notebook_7_show_a_failure_once_and_run_all_stops_there(browser, tmp_path):
    from playwright.sync_api import expect

    notebook = nbformat.v4.new_notebook()
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    notebook.cells = [nbformat.v4.new_code_cell(cell.strip()) for cell in CELLS.split("# %%")]
    for name in ("lab", "notebook"):
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
    page = browser.new_page()
    with jupyter(tmp_path) as address:
        for place in ("lab/tree/lab", "notebooks/notebook"):
            page.goto(address.replace("?", f"{place}.ipynb?"))
            status = page.locator(".jp-Notebook-ExecutionIndicator")
            expect(status).to_have_attribute("data-status", "idle", timeout=60_000)
            if place.startswith("lab"):
                page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for(timeout=60_000)
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
            verdicts = page.locator(".grader-verdict")
            verdicts.filter(has_text="e2.add: None came back").wait_for(timeout=60_000)
            error = page.locator('[data-mime-type="application/vnd.jupyter.stderr"]')
            error.wait_for(state="hidden")
            assert error.count() == 1
            assert page.locator(".grader-verdict:visible").count() == 2
            said = page.locator(".jp-Notebook .jp-OutputArea").all_inner_texts()
            assert ["e2.add: None" in text for text in said] == [False, True, False]
            assert "e2.mul: right" in said[0] and "not reached" not in "".join(said)
    page.close()


def test_nbgrader_takes_a_right_answer_and_refuses_a_wrong_one():
    """determine_grade counts a stream on stderr and an error as 0: check must leave neither."""
    from nbformat.v4 import new_code_cell, new_output
    from nbgrader.utils import determine_grade

    cell = new_code_cell("check('e2.mul', mul_vjp)")
    cell.metadata["nbgrader"] = {"grade": True, "points": 3, "solution": False, "grade_id": "x"}
    cell.outputs = [new_output("stream", name="stdout", text="e2.mul: right: all 5 answers")]
    assert determine_grade(cell) == (3, 3)
    cell.outputs = [new_output("error", ename="CheckFailed", evalue="", traceback=["no"])]
    assert determine_grade(cell) == (0, 3)

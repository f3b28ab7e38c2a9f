"""The judge: what passes, what is named, what is refused. Every rule is shown from both sides."""

import json
import re
import subprocess
import sys

import hypothesis
import numpy as np
import pytest
from conftest import needs
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.compare import compare, describe, same
from grader.exercises import ExerciseError, find_task, load_set, sets
from grader.feedback import as_html, as_text, clean, split
from grader.grade import Grade
from grader.judge import TaskError, changed_inputs, copies, draw_cases, judge, trivial_answers
from grader.reference import ReferenceFault, answer, devices, vjp_of
from grader.task import CallError, Case, Mistake, Outcome, Task, Verdict

PAIR = (np.array([1.0, 2.0, 3.0]), np.array([[1.0, -2.0], [0.5, 4.0]], np.float32))
ONE = (np.array([1.0, 2.0, 3.0]),)
MUL = find_task("e2.mul")
CASES = draw_cases(MUL, b"tests")


def answers(function, cases=CASES):
    return [function(*copies(case.inputs)) for case in cases]


def right(g, a, b):
    return g * b, g * a


# --- what is right, and what is not -------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        PAIR,
        list(PAIR),
        tuple(x.astype(np.float64) for x in PAIR),
        tuple(x.astype(np.float32) for x in PAIR),
        tuple(np.asfortranarray(x) for x in PAIR),
        tuple(x.astype(">f8") for x in PAIR),
        (np.broadcast_to(PAIR[0], (1, 3))[0], PAIR[1]),
        (np.array([1, 2, 3]), PAIR[1]),
        (PAIR[0] + 1e-10, PAIR[1] * np.float32(1 + 1e-6)),
    ],
)
def test_right_in_many_forms(value):
    assert compare(value, PAIR) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2, (np.array(2.0),)),
        (2.0, (np.array(2.0),)),
        (np.float32(2), (np.array(2.0),)),
        (np.int8(2), (np.array(2.0, np.float32),)),
        (ONE[0], ONE),
        (ONE, ONE),
        ([ONE[0]], ONE),
        (np.nan, (np.array(np.nan),)),
        (np.array([np.inf, -np.inf]), (np.array([np.inf, -np.inf]),)),
        (np.empty((0, 3)), (np.empty((0, 3)),)),
        (True, (np.array(True),)),
    ],
)
def test_right_for_one_result(value, expected):
    assert compare(value, expected) is None


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (None, "structure", "None came back: is a `return` missing?"),
        (PAIR, "structure", "2 results came back instead of one"),
        ((), "structure", "0 results came back"),
        ("1 2 3", "structure", "a str"),
        ([1.0, 2.0, 3.0], "structure", "a list of 3, not an array of numbers; `np.array(...)`"),
        ([[1.0, 2.0, 3.0]], "structure", "a list of 3, not an array of numbers; `np.array(...)`"),
        ([ONE[0], ONE[0]], "structure", "a list of 2, not an array of numbers; `np.array(...)`"),
        ((1.0, 2.0, 3.0), "structure", "3 results came back instead of one"),
        ({"grad": ONE[0]}, "structure", "a dict"),
        (np.array([1.0, 2.0, None]), "structure", "an array of object"),
        (ONE[0].astype(complex), "structure", "an array of complex128"),
        (ONE[0].astype("longdouble"), "structure", "an array of"),
        (np.array(["1", "2", "3"]), "structure", "an array of str"),
        (np.ma.masked_array(ONE[0]), "structure", "MaskedArray"),
        (ONE[0].view(np.matrix), "structure", "a matrix"),
        (10**400, "structure", "an int"),
        (1j, "structure", "a complex"),
        (2.0, "shape", "has shape (), PyTorch's has (3,)"),
        (ONE[0][:, None], "shape", "has shape (3, 1)"),
        (ONE[0] > 0, "kind", "True and False"),
        (np.array([1.0, 2.0, np.nan]), "value", "at [2]: yours nan, PyTorch 3.0"),
        (np.array([1.0, np.inf, 3.0]), "value", "at [1]: yours inf, PyTorch 2.0"),
        (ONE[0] + 1e-7, "value", "at [0]: yours 1.0000001, PyTorch 1.0"),
        (ONE[0].astype(np.float16) * 1.001, "value", "at [0]"),
    ],
)
def test_wrong_for_one_result(value, kind, words):
    with np.errstate(all="ignore"):
        found = compare(value, ONE)
    assert found.kind == kind
    assert words in found.says


def test_structure_is_told_before_shape_and_shape_before_value():
    wrong_value, wrong_shape = PAIR[0] + 1, PAIR[1].T[:1]
    assert compare((wrong_value, None), PAIR).kind == "structure"
    assert compare((wrong_value, wrong_shape), PAIR).kind == "shape"
    assert compare((wrong_value, PAIR[1]), PAIR).kind == "value"


def test_the_first_wrong_number_is_named_in_the_second_result():
    wrong = PAIR[1].copy()
    wrong[1, 0] = 9
    found = compare((PAIR[0], wrong), PAIR, ["grad_a", "grad_b"])
    assert (found.says, found.at) == ("grad_b at [1, 0]: yours 9.0, PyTorch 0.5", (1, 0))


def test_nan_is_right_only_where_the_truth_is_nan():
    truth = (np.array([np.nan, 1.0, np.inf]),)
    for wrong in ([np.nan, np.nan, np.inf], [1.0, 1.0, np.inf], [np.nan, 1.0, -np.inf]):
        assert compare(np.array(wrong), truth).kind == "value"


def test_float32_is_compared_with_float32s_tolerance_in_both_directions():
    truth = np.array([1.0])
    off = 5e-6
    assert compare(np.array([1 + off]), (truth,)) is not None
    assert compare(np.array([1 + off], np.float32), (truth,)) is None
    assert compare(np.array([1 + off]), (truth.astype(np.float32),)) is None
    assert compare(np.array([1 + 50 * off], np.float32), (truth,)) is not None


def test_objects_that_claim_to_be_equal_are_not_asked():
    def asked(*_args, **_kwargs):
        raise AssertionError("the judge called the student's code")

    everything = ("__eq__", "__array__", "__array_ufunc__", "__array_function__", "__float__")
    everything += ("__len__", "__iter__", "__getitem__", "__bool__", "__sub__", "__rsub__")
    everything += ("__repr__", "__str__", "__hash__", "__index__", "__format__")
    liar = type("Liar", (), dict.fromkeys(everything, asked))
    sublist = type("Sub", (list,), dict.fromkeys(everything, asked))
    subarray = type("Array", (np.ndarray,), dict.fromkeys(everything, asked))
    subfloat = type("Float", (float,), dict.fromkeys(everything, asked))
    for lie in (liar(), sublist(), np.zeros(3).view(subarray), subfloat(1)):
        assert compare(lie, ONE).kind == "structure"
        assert compare((lie, lie), PAIR).kind == "structure"
        assert not same(lie, ONE)
        verdict = judge(MUL, CASES, [(lie, lie)] * len(CASES))
        assert (verdict.passed, verdict.outcome) == (False, Outcome.GRADED)


def test_same_looks_at_structure_shape_and_value_and_takes_a_bool_for_a_number():
    ones = np.ones(3)
    assert same((ones, ones), [ones, ones.astype(np.float32)])
    assert same(ones > 0, ones)
    assert same(np.nan, np.array(np.nan))
    assert not same(ones, (ones, ones))
    assert not same(ones[None], ones)
    assert not same(ones, ones + 1e-4)
    assert same(ones, ones + 1e-4, within=(1e-3, 1e-3))


def test_a_metaclass_cannot_pose_as_float():
    class Meta(type):
        __eq__ = lambda self, other: True  # noqa: E731
        __hash__ = lambda self: hash(float)  # noqa: E731

    liar = Meta("float", (), {"__module__": "builtins", "__array__": lambda *_: ONE[0]})
    assert compare(liar(), ONE).kind == "structure"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "None"),
        (np.float32(1), "a float32"),
        ([1], "a list of 1"),
        (min, "a builtin_function_or_method"),
        (object(), "an object"),
    ],
)
def test_describe(value, words):
    assert describe(value) == words


def test_torch_tensors_are_named():
    import torch

    assert "a torch Tensor" in compare(torch.ones(3), ONE).says


# --- verdicts -----------------------------------------------------------------------------------


def test_right_answers_pass():
    verdict = judge(MUL, CASES, answers(right))
    assert (verdict.passed, verdict.outcome, verdict.mistake) == (True, Outcome.GRADED, None)


def test_one_wrong_number_is_enough():
    given = [list(pair) for pair in answers(right)]
    given[-1][1] = given[-1][1] + 1e-4
    verdict = judge(MUL, CASES, given)
    assert not verdict.passed
    assert "grad_b" in verdict.message
    assert "4 of 5 answers are right." in verdict.detail


def test_a_mistake_made_everywhere_is_named():
    verdict = judge(MUL, CASES, answers(lambda g, a, b: (g * a, g * b)))
    said = "own-factor: you scaled g by the input itself, not by the other factor"
    assert (verdict.mistake, verdict.message) == ("own-factor", said)
    assert len(verdict.message) <= 70


def test_a_mistake_made_sometimes_is_named_as_that():
    def sometimes(g, a, b):
        return (g * a, g * b) if a.ndim == 1 else (g * b, g * a)

    verdict = judge(MUL, CASES, answers(sometimes))
    assert verdict.message.startswith("own-factor (on 2 of 5 inputs): ")
    assert "3 of 5 answers are right." in verdict.detail


def test_a_mistake_among_errors_is_named_too():
    given = answers(lambda g, a, b: (g * a, g * b))
    given[2] = CallError("raised", "ValueError: no", 3)
    assert judge(MUL, CASES, given).message.startswith("own-factor (on 4 of 5 inputs): ")


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda g, a, b: (np.zeros_like(a), np.zeros_like(b)), "all-zeros"),
        (lambda g, a, b: (np.ones_like(a), np.ones_like(b)), "all-ones"),
        (lambda g, a, b: (-g * b, -g * a), "sign-flipped"),
        (lambda g, a, b: (a, a), "only-a"),
        (lambda g, a, b: (0, 0), "all-zeros"),
        (lambda g, a, b: (1.0, np.array(1)), "all-ones"),
        (lambda g, a, b: (-g * b, g * a), "sign-flipped"),
        (lambda g, a, b: (g * b, -g * a), "sign-flipped"),
        (lambda g, a, b: (abs(g * b), g * a), "signs-mixed-up"),
        (lambda g, a, b: (g * abs(b), g * abs(a)), "signs-mixed-up"),
    ],
)
def test_trivial_answers_are_named(function, name):
    verdict = judge(MUL, CASES, answers(function))
    assert (verdict.passed, verdict.mistake) == (False, name)


def test_a_wrong_sign_is_told_with_its_result():
    verdict = judge(MUL, CASES, answers(lambda g, a, b: (g * b, -g * a)))
    assert verdict.message == "sign-flipped in grad_b: every number has the wrong sign"
    verdict = judge(MUL, CASES, answers(lambda g, a, b: (-g * b, -g * a)))
    assert verdict.message == "sign-flipped: every number has the wrong sign"
    assert "look where a minus comes in" in verdict.detail


@pytest.mark.parametrize(
    "function",
    [
        lambda g, a, b: (abs(g * b), g * a + 1),
        lambda g, a, b: (-g * b, (g * a)[..., None]),
        lambda g, a, b: (abs(g * b), None),
        lambda g, a, b: (abs(g * b), g * a > 0),
        lambda g, a, b: (abs(g * b) * (1 + 1e-4), g * a),
    ],
)
def test_signs_are_blamed_only_where_nothing_else_is_wrong(function):
    assert judge(MUL, CASES, answers(function)).mistake is None


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda g, a, b: (g * b, g * b), "own-factor in grad_b: you scaled g by the input itself"),
        (lambda g, a, b: (b, g * a), "dropped-g in grad_a: you left out g"),
        (lambda g, a, b: (g * b, g), "sum-rule in grad_b: you passed g on unchanged"),
        (lambda g, a, b: (a, g * a), "only-a in grad_a: you sent a back as it came"),
        (lambda g, a, b: (g * b, 0 * a), "all-zeros in grad_b: every number you sent back is 0"),
        (lambda g, a, b: (-g * b, g * a + 1), "sign-flipped in grad_a: every number has the wrong"),
        (lambda g, a, b: (g * b, a * b), "forward-value in grad_b: you sent back what the node"),
    ],
)
def test_a_mistake_in_one_of_two_results_is_named_with_its_result(function, message):
    verdict = judge(MUL, CASES, answers(function))
    assert verdict.message.startswith(message)
    assert verdict.mistake == message.partition(" ")[0]


def test_two_results_with_a_mistake_each_are_both_named():
    verdict = judge(MUL, CASES, answers(lambda g, a, b: (g * a, a)))
    assert verdict.message.startswith("own-factor in grad_a: ")
    assert "\ndropped-g in grad_b: you left out g, the gradient that arrives. " in verdict.detail


def test_a_mistake_that_is_right_on_an_edge_is_not_named_for_that():
    """On one element the sum's gradient and a bare g look alike."""
    task = find_task("e2.sum")
    cases = draw_cases(task, b"tests")
    given = [(case.inputs[0] * np.ones_like(case.inputs[1])).tolist() for case in cases]
    verdict = judge(task, cases, given)
    said = "grad_a is a list of 2, not an array of numbers; `np.array(...)` makes it one"
    assert (verdict.mistake, verdict.message) == (None, said)
    given = [list(np.ones_like(case.inputs[1])) for case in cases[:5]]
    assert "a list of 2, not an array" in judge(task, cases[:5], given).message


def test_signs_are_not_blamed_where_a_call_gave_no_answer():
    given = answers(lambda g, a, b: (abs(g * b), g * a))
    given[1] = CallError("raised", "ValueError: no", 3)
    assert judge(MUL, CASES, given).mistake is None


def test_a_case_on_which_one_results_sign_does_not_matter_is_drawn_again():
    """Zeros in grad_a: whoever loses its sign there is right."""
    drawn = []

    def draw(rng, k):
        drawn.append(k)
        return np.ones(3), np.full(3, 2.0), np.full(3, 3.0 * (len(drawn) > 1))

    task = Task("t.mul", "f", "f(g, a, b) -> (grad_a, grad_b)", draw, MUL.reference, (), cases=1)
    assert draw_cases(task, b"")[0].inputs[2].tolist() == [3, 3, 3]
    assert drawn == [0, 0]


def test_a_bare_number_is_the_mistake_that_it_would_be_as_an_array():
    task = plain_task()
    cases = draw_cases(task, b"")
    verdict = judge(task, cases, [2] * len(cases))
    assert verdict.message == "dropped-g: g is missing"
    assert "grad_a has shape (), PyTorch's has (3,)." in verdict.detail
    assert judge(task, cases, [np.full(1, 2.0)] * len(cases)).mistake is None


# --- inputs that were written into --------------------------------------------------------------


def run(function, cases=CASES):
    """Answers and what the calls have changed."""
    given = [copies(case.inputs) for case in cases]
    values = [function(*inputs) for inputs in given]
    return values, [changed_inputs(case, x) for case, x in zip(cases, given, strict=True)]


def overwrites_g(g, a, b):
    g *= b
    return g, g * a


def test_an_input_that_was_changed_explains_a_wrong_answer():
    verdict = judge(MUL, CASES, *run(overwrites_g))
    assert verdict.mistake == "overwrote-input"
    assert verdict.message == "overwrote-input: your function changed its input g in place"
    assert "`g *= ...`" in verdict.detail
    assert "grad_b at [0]: yours " in verdict.detail
    said = judge(MUL, CASES, run(overwrites_g)[0]).message  # where it is not known
    assert said.startswith("forward-for-gradient in grad_b: ")


def test_a_forged_list_of_changes_is_harmless():
    verdict = judge(MUL, CASES, run(overwrites_g)[0], [(-1, 99)] * len(CASES))
    assert (verdict.passed, verdict.mistake) == (False, "forward-for-gradient")


def test_an_input_that_was_changed_costs_nothing_when_the_answer_is_right():
    def tidy(g, a, b):
        grads = g * b, g * a
        g[...] = a[...] = 0
        return grads

    values, written = run(tidy)
    assert written == [(0, 1)] * len(CASES)
    assert judge(MUL, CASES, values, written).passed


def test_a_mistake_that_explains_all_is_told_first_and_the_change_beside_it():
    def same_array_twice(g, a, b):
        g *= b
        grad_a = g
        g *= a
        return grad_a, g

    verdict = judge(MUL, CASES, *run(same_array_twice))
    assert verdict.mistake == "forward-for-gradient"
    assert "Also, your function changed its input g in place. After" in verdict.detail


def test_a_change_is_not_told_of_a_single_result_that_a_mistake_explains():
    def kink(g, a):
        a += 1
        return g * (a >= 1)

    task = find_task("e2.relu")
    cases = draw_cases(task, b"tests")
    verdict = judge(task, cases, *run(kink, cases))
    assert verdict.mistake == "kink-has-one-answer"
    assert "in place" not in verdict.detail


def test_a_change_in_some_of_the_wrong_cases_explains_nothing():
    def sometimes(g, a, b):
        if a.ndim == 1:
            g += 1
        return g * b + 1, g * a

    values, written = run(sometimes)
    assert 0 < sum(map(bool, written)) < len(CASES)
    assert judge(MUL, CASES, values, written).mistake is None


def test_a_change_of_shape_is_a_change():
    case = Case((np.zeros((2, 3)), 1.0), ())
    given = copies(case.inputs)
    assert changed_inputs(case, given) == ()
    given[0].resize(3, 2)
    assert changed_inputs(case, given) == (0,)


def test_an_unknown_mistake_says_what_differs():
    verdict = judge(MUL, CASES, answers(lambda g, a, b: (g * b + 1, g * a)))
    assert verdict.mistake is None
    assert verdict.message.startswith("grad_a at [0]: yours ")
    assert "The call: mul_vjp(g, a, b) with g = [" in verdict.detail


def test_the_ladder_of_a_verdict_is_structure_then_shape_then_value():
    given = [tuple(x + 1 for x in pair) for pair in answers(right)]
    assert judge(MUL, CASES, given).message.startswith("grad_a at ")
    given[3] = (given[3][0][:1], given[3][1])
    assert "has shape (1,), PyTorch's has (4,)" in judge(MUL, CASES, given).message
    given[4] = None
    assert (
        judge(MUL, CASES, given).message
        == "None came back: is a `return` missing? (`print` only shows.)"
    )


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            CallError("missing", "`mul_vjp` is not defined"),
            "mul_vjp is missing: no cell defines it",
        ),
        (CallError("not-implemented", "NotImplementedError", 3), "not written yet: mul_vjp still"),
        (CallError("raised", "ZeroDivisionError: no", 4), "line 4: ZeroDivisionError: no"),
        (CallError("not-data", "returned a set"), "returned a set"),
        (CallError("raised", "Error: \x1b[31mred\nlines"), "Error: red lines"),
    ],
)
def test_calls_without_an_answer(error, message):
    verdict = judge(MUL, CASES, [error] * len(CASES))
    assert verdict.message.startswith(message)
    assert (verdict.passed, verdict.outcome) == (False, Outcome.STUDENT_ERROR)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda a: maske * a, "Is `maske` spelled right? A cell that makes it must run first."),  # noqa: F821
        (lambda a: a ^ 2, "a power is written `a ** n`"),
        (lambda a: 2.0 ^ int(a[0]), "a power is written `a ** n`"),
        (lambda a: 1 if a > 0 else 0, "use the whole array, without `if`"),
        (lambda a: a(2), "A product needs its sign"),
        (lambda a: a * np.ones(7), "These shapes do not fit together"),
        (lambda a: a @ np.ones((7, 2)), "These shapes do not fit together"),
        (lambda a: list(a[0, ...]), "use the whole array, without a loop"),
        (lambda a: len(a[0, ...]), "use the whole array, without a loop"),
        (lambda a: a[0, ...][0], "use the whole array, without a loop"),
    ],
)
def test_errors_that_beginners_meet_are_told_with_the_way_out(function, words):
    with pytest.raises(Exception) as caught:
        function(np.array([1.0, 2.0]))
    error = CallError("raised", f"{type(caught.value).__name__}: {caught.value}", 2)
    assert words in judge(MUL, CASES, [error] * len(CASES)).detail


def test_a_class_list_groups_errors_by_their_kind_not_by_their_line():
    told = [judge(MUL, CASES, [CallError("raised", "NameError: no x", k)] * 5) for k in (2, 3)]
    named = judge(MUL, CASES, answers(lambda g, a, b: (g * a, g * b)))
    verdicts = [verdict.to_dict() for verdict in (*told, named)]
    grade = Grade("ada", "e2_local_rules", "", "", Outcome.GRADED.value, verdicts, 0)
    assert grade.summary() == "NameError in mul, mul; own-factor in mul"


def test_one_error_among_right_answers_is_no_pass():
    given = answers(right)
    given[1] = CallError("raised", "IndexError: too many indices", 2)
    verdict = judge(MUL, CASES, given)
    assert (verdict.passed, verdict.outcome) == (False, Outcome.STUDENT_ERROR)
    assert "4 of 5 answers are right." in verdict.detail


def test_an_error_is_told_before_a_wrong_number():
    given = [tuple(x + 1 for x in pair) for pair in answers(right)]
    given[4] = CallError("raised", "IndexError: too many indices", 2)
    verdict = judge(MUL, CASES, given)
    assert verdict.message == "line 2: IndexError: too many indices"
    assert "right" not in verdict.detail


@pytest.mark.parametrize("count", [0, 4, 6])
def test_a_wrong_number_of_answers_is_our_fault_and_no_grade(count):
    verdict = judge(MUL, CASES, (answers(right) * 2)[:count])
    assert (verdict.passed, verdict.outcome) == (False, Outcome.INFRA_ERROR)


def test_no_cases_never_pass():
    assert judge(MUL, [], []).outcome is Outcome.INFRA_ERROR


def test_a_verdict_survives_json():
    verdict = judge(MUL, CASES, answers(lambda g, a, b: (g * a, g * b)))
    again = Verdict.from_dict(json.loads(json.dumps(verdict.to_dict(), allow_nan=False)))
    assert again == verdict
    with pytest.raises(ValueError, match="missing outcome"):
        Verdict.from_dict({"task": "x", "passed": True, "mistake": None, "message": ""})
    with pytest.raises(ValueError, match="unknown colour"):
        Verdict.from_dict(verdict.to_dict() | {"colour": "red"})


numbers = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(), st.text(max_size=3)
)
arrays = hnp.arrays(
    hnp.scalar_dtypes() | st.just(np.dtype(object)), hnp.array_shapes(min_dims=0, max_side=3)
)
anything = st.recursive(
    numbers | arrays | st.just(CallError("raised", "ValueError")),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner),
    max_leaves=6,
)


five = st.lists(anything, min_size=5, max_size=5)
five_pairs = st.lists(st.tuples(arrays, arrays), min_size=5, max_size=5)


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(five | five_pairs, st.integers(0, 5))
def test_whatever_comes_back_there_is_a_verdict_and_it_is_no_pass(junk, honest):
    """Even when the first answers are right; everything about it can be shown and journalled."""
    given_back = answers(right)[:honest] + junk[honest:]
    verdict = judge(MUL, CASES, given_back)
    assert verdict.passed == (honest == 5)
    json.dumps(verdict.to_dict(), allow_nan=False)
    assert all(len(line) < 1100 for line in as_text(verdict).splitlines())
    as_html(verdict).encode()


# --- drawing ------------------------------------------------------------------------------------


def plain_task(**changes):
    given = {
        "name": "t.double",
        "function": "double_vjp",
        "signature": "double_vjp(g, a) -> grad_a",
        "draw": lambda rng, k: (rng.uniform(1, 2, 3), rng.uniform(1, 2, 3)),
        "reference": vjp_of(lambda a: 2 * a),
        "mistakes": (Mistake("dropped-g", "g is missing", lambda g, a: 2 * np.ones_like(a)),),
    }
    return Task(**given | changes)


def flat(cases):
    return [x.tolist() for case in cases for x in case.inputs]


def test_the_same_seed_draws_the_same_and_another_seed_something_else():
    task = plain_task()
    assert flat(draw_cases(task, b"one")) == flat(draw_cases(task, b"one"))
    assert flat(draw_cases(task, b"one")) != flat(draw_cases(task, b"two"))
    assert flat(draw_cases(task, b"one")) != flat(draw_cases(plain_task(name="t.other"), b"one"))


def test_seed_and_name_cannot_run_into_each_other():
    one = draw_cases(plain_task(name="t.ab"), b"c")
    assert flat(one) != flat(draw_cases(plain_task(name="t.a"), b"bc"))


def test_a_draw_that_a_mistake_passes_is_drawn_again():
    drawn = []

    def draw(rng, k):
        drawn.append(k)
        g = np.ones(3) if len(drawn) % 2 else np.array([2.0, 3.0, 4.0])
        return g, np.array([5.0, 6.0, 7.0])

    cases = draw_cases(plain_task(draw=draw, cases=3), b"")
    assert drawn == [0, 0, 1, 1, 2, 2]
    assert all(case.inputs[0].tolist() == [2, 3, 4] for case in cases)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"draw": lambda rng, k: (np.ones(3), np.full(3, 5.0))}, r"t\.double.*'dropped-g'"),
        ({"draw": lambda rng, k: (np.zeros(3), np.ones(3))}, r"t\.double.*'zeros'"),
        ({"reference": vjp_of(lambda a: 1 * a)}, r"trivial answer 'g'.*truths"),
        ({"truths": ("g",)}, "'g' is right, and it is not"),
        ({"truths": ("h",)}, r"names \['h'\], known are"),
        ({"draw": lambda rng, k: (np.ones(3),)}, "drew 1 inputs for double_vjp"),
        ({"mistakes": (Mistake("bad", "", lambda g, a: 1 / 0),)}, "'bad' fails: ZeroDivision"),
        ({"signature": "double_vjp(g, a) -> (grad_a, grad_b)"}, "PyTorch gives 1 for"),
    ],
)
def test_an_unfair_task_is_refused_by_name(changes, words):
    with pytest.raises(TaskError, match=words):
        draw_cases(plain_task(**changes), b"")


def test_a_difference_that_float32_would_swallow_is_no_difference():
    close = (Mistake("close", "", lambda g, a: 2 * g * (1 + 1e-5)),)
    with pytest.raises(TaskError, match="'close'"):
        draw_cases(plain_task(mistakes=close), b"")


def test_a_mistake_may_write_into_its_inputs():
    def overwrite(g, a):
        g += a
        return g

    cases = draw_cases(plain_task(mistakes=(Mistake("adds", "", overwrite),)), b"")
    assert judge(plain_task(), cases, [overwrite(*copies(c.inputs)) for c in cases]).passed is False


def test_edges_are_asked_but_not_redrawn():
    edge = (np.ones(3), np.ones(3))
    cases = draw_cases(plain_task(edges=lambda rng: [edge]), b"")
    assert len(cases) == 6
    assert cases[-1].expected[0].tolist() == [2, 2, 2]


def test_cases_cannot_be_written_to_and_copies_can():
    with pytest.raises(ValueError, match="read-only"):
        CASES[0].inputs[0][...] = 0
    copies(CASES[0].inputs)[0][...] = 0
    assert CASES[0].inputs[0].any()


def test_trivial_answers_have_the_structure_of_the_truth():
    trivial = trivial_answers(MUL, CASES[0])
    flips = ["sign-flip", "sign-flip grad_a", "sign-flip grad_b"]
    assert list(trivial) == ["zeros", "ones", *flips, "g", "a", "b"]
    assert all(len(given) == 2 for given in trivial.values())


# --- PyTorch ------------------------------------------------------------------------------------


def test_the_reference_runs_on_every_device_that_is_there():
    import torch

    assert devices() == (("cpu", "cuda") if torch.cuda.is_available() else ("cpu",))


def test_devices_that_do_not_agree_are_our_fault(monkeypatch):
    def reference(g, a):
        reference.calls += 1
        return g * a + 1e-3 * (reference.calls % 2)

    reference.calls = 0
    task = plain_task(reference=reference)
    inputs = (np.ones(3), np.ones(3))
    assert answer(task, inputs)[0].shape == (3,)
    monkeypatch.setattr("grader.reference.devices", lambda: ("cpu", "cpu"))
    with pytest.raises(ReferenceFault, match="do not agree"):
        answer(task, inputs)


@needs("cuda")
def test_cuda_gives_what_the_cpu_gives():
    for name in sets():
        for task in load_set(name).tasks.values():
            draw_cases(task, b"cuda")  # raises ReferenceFault where they do not agree


def test_a_reference_that_fails_is_told_with_its_task():
    with pytest.raises(ReferenceFault, match=r"t\.double: the reference fails on cpu: Runtime"):
        answer(plain_task(), (np.ones(2), np.ones(3)))


def test_the_reference_keeps_dtype_and_leaves_torchs_settings_alone():
    import torch

    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    given = answer(plain_task(), (np.ones((), np.float32), np.ones((), np.float32)))
    assert (given[0].dtype, given[0].shape) == (np.float32, ())
    assert torch.get_float32_matmul_precision() == "high"
    torch.set_float32_matmul_precision(before)


# --- exercises ----------------------------------------------------------------------------------


def test_sets_are_found_and_loaded_once():
    assert "e2_local_rules" in sets()
    assert load_set("e2_local_rules") is load_set("e2_local_rules")


@pytest.mark.parametrize(
    ("find", "words"),
    [
        (lambda: find_task("e2.mull"), r"no task 'e2\.mull'\. Did you mean e2\.mul"),
        (lambda: find_task("nothing"), "There is: e2.add, "),
        (lambda: load_set("e2_local_rule"), "Did you mean e2_local_rules"),
        (lambda: load_set("../grader"), "no exercise set"),
    ],
)
def test_names_that_are_not_there(find, words):
    with pytest.raises(ExerciseError, match=words):
        find()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 / 0", "does not run .ZeroDivisionError"),
        ("TASKS = ()", "needs TASKS"),
        ("TASKS = [1]", "needs TASKS"),
        ("TASKS = (task('x9.a'),)", "needs PACKAGES"),
        ("TASKS = (task('x8.a'),); PACKAGES = ()", "must start with 'x9'"),
        ("TASKS = (task('x9.a'), task('x9.a')); PACKAGES = ()", "once only"),
    ],
)
def test_a_tasks_file_that_is_not_right(tmp_path, monkeypatch, text, words):
    folder = tmp_path / "exercises" / "x9_new"
    folder.mkdir(parents=True)
    begin = "from grader.task import Task\ndef task(n): return Task(n, '', '', None, None, ())\n"
    (folder / "tasks.py").write_text(begin + text)
    monkeypatch.setattr("grader.exercises.content_root", lambda: tmp_path)
    load_set.cache_clear()
    with pytest.raises(ExerciseError, match=words):
        load_set("x9_new")
    load_set.cache_clear()


def test_a_person_adds_a_set_with_a_folder(tmp_path, monkeypatch):
    folder = tmp_path / "exercises" / "x9_new"
    folder.mkdir(parents=True)
    (folder / "tasks.py").write_text(
        "from grader.task import Task\n"
        "TASKS = (Task('x9.a', '', '', None, None, ()),)\nPACKAGES = ('numpy',)\n"
    )
    monkeypatch.setattr("grader.exercises.content_root", lambda: tmp_path)
    load_set.cache_clear()
    assert (sets(), find_task("x9.a").name) == (["x9_new"], "x9.a")
    load_set.cache_clear()


# --- words and pictures -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "harmless"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b2Jcleared", "cleared"),
        ("\x1bPq#0\x1b\\sixel", "sixel"),
        ("a\x00b\x08c\x7f", "abc"),
        ("two\r\nlines\tand tab", "two lines and tab"),
        ("\u202etxt.exe\u200b\ufeff", "txt.exe"),
        ("\ud800half", "half"),
        ("x" * 400, "x" * 297 + "..."),
        (17, "int"),
    ],
)
def test_clean(raw, harmless):
    assert clean(raw) == harmless
    clean(raw).encode()


def test_cleaning_a_flood_is_quick():
    assert len(clean("\x1b]" * 5_000_000)) == 0
    assert len(clean("\x1b" * 5_000_000 + "é" * 5_000_000)) <= 300


def test_html_holds_nothing_of_the_students_own_making():
    bad = '<script>alert(1)</script><img src=x onerror="x">&amp;'
    verdict = judge(MUL, CASES, [CallError("raised", bad)] * len(CASES))
    page = as_html(verdict)
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    assert "<img" not in page
    table = {"shape": "<i>3", "rows": [["<i>4"]], "more": False}
    drawn = {"name": "<i>2", "yours": table, "PyTorch": table, "wrong": [], "first": None}
    forged = Verdict("<i>t", Outcome.GRADED, False, "<i>m", "<i>n", "<i>o\n<i>p", drawn)
    assert "<i>" not in as_html(forged)
    assert as_html(forged).count("&lt;i&gt;") == 10


def test_backticks_are_code_in_html_and_stay_in_text():
    verdict = judge(MUL, CASES, [None] * len(CASES))
    assert "is a `return` missing?" in as_text(verdict)
    page = as_html(verdict)
    assert re.search("is a <code style=[^>]*>return</code> missing?", page)
    assert "`" not in page
    forged = Verdict("t", Outcome.GRADED, False, None, "`<i>x</i>` and ` alone")
    assert ">&lt;i&gt;x&lt;/i&gt;</code> and ` alone" in as_html(forged)


def test_the_picture_frames_the_first_wrong_number():
    given = answers(right)
    wrong = given[2][1].copy()
    wrong[1, 2] += 1
    given[2] = (given[2][0], wrong)
    verdict = judge(MUL, CASES, given)
    assert (verdict.picture["name"], verdict.picture["first"]) == ("grad_b", [1, 2])
    assert verdict.picture["wrong"] == [[1, 2]]
    page = as_html(verdict)
    assert len(re.findall("<table", page)) == 2
    assert page.count("outline: 3px") == 2
    assert not re.search(
        r"(?<!-)\bcolor: (?!inherit)", page
    )  # the page's own colour, light or dark


@pytest.mark.parametrize("shape", [(), (3,), (40,), (20, 30), (2, 3, 4), (2, 1, 3, 9), (0,)])
def test_pictures_of_every_shape(shape):
    truth = np.arange(np.prod(shape), dtype=float).reshape(shape)
    task = Task("t.a", "f", "f(g) -> grad_a", None, None, ())
    case = Case((truth,), (truth,))
    wrong = truth.copy()
    if truth.size:
        wrong[(-1,) * truth.ndim] += 0.5
        verdict = judge(task, [case], [wrong])
        shown = verdict.picture
        row, column = shown["first"]
        yours, torchs = (shown[who]["rows"][row][column] for who in ("yours", "PyTorch"))
        assert float(yours) == float(torchs) + 0.5
        assert shown["wrong"] == [[row, column]]
        assert len(shown["yours"]["rows"]) <= 6
        assert max(map(len, shown["yours"]["rows"])) <= 8
        assert "<table" in as_html(verdict)
    other = judge(task, [case], [np.zeros((2, 2, 2))])
    assert "<table" in as_html(other)
    assert "shape" in as_text(other)


# --- importing ----------------------------------------------------------------------------------


def test_importing_grader_is_light():
    code = (
        "import sys, grader; from grader import check; assert callable(check); "
        "import grader.check; assert callable(grader.check); "
        "from grader import check; assert callable(check); "
        "print([name for name in ('numpy', 'torch', 'IPython', 'nbgrader') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_long_error_goes_on_in_the_detail_and_is_told_once():
    said = "ValueError: " + " ".join(f"shape{k}" for k in range(30))
    verdict = judge(MUL, CASES, [CallError("raised", said, 7)] * len(CASES))
    assert len(verdict.message) <= 100
    assert verdict.message.startswith("line 7: ValueError: shape0 ")
    first, second = verdict.message, verdict.detail.splitlines()[0]
    assert f"{first} {second}".replace(" ... ... ", " ") == f"line 7: {said}"


def test_a_long_word_is_cut_as_well():
    assert split("x" * 200) == ("x" * 96 + " ...", "... " + "x" * 104)
    assert split("x" * 100) == ("x" * 100, "")


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (CallError("raised", "TypeError: f() takes 2 positional arguments but 3 were given"), True),
        (CallError("raised", "TypeError: f() missing 1 required positional argument: 'c'"), True),
        (CallError("raised", "TypeError: h() takes 2 positional arguments", 3), False),
        (CallError("raised", "ValueError: no"), False),
    ],
)
def test_a_wrong_parameter_count_shows_what_is_wanted(error, shown):
    """The call itself failed, not a line of the student's."""
    verdict = judge(MUL, CASES, [error] * len(CASES))
    assert ("Wanted is mul_vjp(g, a, b) -> (grad_a, grad_b)." in verdict.detail) == shown


@pytest.mark.parametrize(
    "module", ["check", "compare", "content", "exercises", "feedback", "judge", "reference", "task"]
)
def test_the_examples_in_the_docstrings_run(module):
    import doctest
    import importlib

    assert doctest.testmod(importlib.import_module(f"grader.{module}")).failed == 0


def test_the_sandboxs_own_report_is_understood():
    from grader.sandbox import CallError as FromSandbox

    report = FromSandbox("raised", "KeyError: 'x'", 3)
    verdict = judge(MUL, CASES, [report] * len(CASES))
    assert verdict.message == "line 3: KeyError: 'x'"

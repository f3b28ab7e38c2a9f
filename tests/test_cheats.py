"""The three cheats are real: a grader that runs the checks in the student's kernel gives them all.

This is what stock nbgrader does. tests/test_demo.py shows what they get from the judge outside: 0.
"""

import nbformat
import pytest
from nbclient import NotebookClient
from nbgrader.utils import determine_grade

from grader.answers import load_answers
from grader.build import notebook_bytes, student_notebook
from grader.content import content_root

SET = "e2_local_rules"
ANSWERS = {a.name: a for a in load_answers(content_root() / "tests" / "answers" / SET)}


def naive_points(answer, folder):
    """Points by cell as stock nbgrader's Execute and determine_grade give them."""
    notebook = nbformat.reads(
        answer.notebook(notebook_bytes(student_notebook(SET))).decode(), as_version=4
    )
    options = {"resources": {"metadata": {"path": str(folder)}}, "allow_errors": True}
    NotebookClient(notebook, shutdown_kernel="immediate", **options).execute()
    return {
        cell.id.removesuffix("-check"): determine_grade(cell)
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }


@pytest.mark.parametrize("name", [name for name in ANSWERS if name.endswith("_cheats")])
def test_cheats_win_on_a_naive_grader(name, tmp_path):
    points = naive_points(ANSWERS[name], tmp_path)
    assert sum(got for got, _ in points.values()) == 20, points
    assert sum(ANSWERS[name].points.values()) == 0


def test_a_naive_grader_refuses_mistakes_and_punishes_warnings(tmp_path):
    """The contrast: the naive grader does work for those who play fair, or nearly so."""
    points = naive_points(ANSWERS["dan_mixes_factors"], tmp_path)
    assert {task: got for task, (got, _) in points.items()} == ANSWERS["dan_mixes_factors"].points
    points = naive_points(ANSWERS["ben_right"], tmp_path)
    assert [task for task, (got, worth) in points.items() if got < worth] == ["add", "mul", "pow"]

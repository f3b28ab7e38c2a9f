"""This course's nbgrader configuration: nbgrader as it comes, except that students' code never
runs in a kernel while grading. `grader build COURSE` copies this file into the course."""

import os
import sysconfig

c = get_config()  # noqa: F821  (nbgrader defines it)

c.CourseDirectory.course_id = "minigrad"

# The students' cells are put into the released notebook, then judged outside: Stage goes before
# nbgrader's own cleaning, and Judge stands where nbgrader's Execute stands.
c.Autograde.sanitize_preprocessors = [
    "grader.nbgrader_plugin.Stage",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "grader.nbgrader_plugin.Judge",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Feedback pages name the exercises, and their formulas are readable without the network.
c.GenerateFeedback.exporter_class = "grader.page.FeedbackExporter"

# `nbgrader validate` runs a kernel; ending it at once saves a second.
c.ExecutePreprocessor.shutdown_kernel = "immediate"

# nbgrader calls `alembic` through PATH, also when this environment is not activated.
os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])

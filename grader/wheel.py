"""Makes the wheel that students install: all lessons and exercises, no solution, no sample answer.

Whoever gives a course works in a checkout, and an editable installation leaves everything there.
"""

import re
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOLUTION = re.compile(r"(### BEGIN SOLUTION\n).*?(?=[ \t]*### END SOLUTION)", re.DOTALL)


class StudentsWheel(BuildHookInterface):
    """Puts exercises/ into grader/course/, laid out as in a checkout."""

    def initialize(self, version, build_data):
        if version == "editable":
            return
        self.scratch = tempfile.TemporaryDirectory()
        for tasks in sorted(Path(self.root, "exercises").glob("*/tasks.py")):
            inside = f"grader/course/exercises/{tasks.parent.name}"
            source = tasks.with_name("exercise.py").read_text(encoding="utf-8")
            cleared = Path(self.scratch.name, f"{tasks.parent.name}.py")
            cleared.write_text(SOLUTION.sub(r"\1", source), encoding="utf-8")
            build_data["force_include"][str(tasks)] = f"{inside}/tasks.py"
            build_data["force_include"][str(cleared)] = f"{inside}/exercise.py"

    def finalize(self, version, build_data, artifact_path):
        if version != "editable":
            self.scratch.cleanup()

"""The judge of the graded exercises and the `grader` commands.

Students need one name of it: `from grader import check`, then `check("e2.mul", mul_vjp)`.

    task, judge, compare, reference, feedback   from a task to a verdict
    check                                       the same verdict in the student's notebook
    exercises, content                          where the tasks come from
    sandbox                                     runs student code; knows no answer
    cli                                         the commands; `grader --help` lists them
"""

from grader.check import check

__all__ = ["check"]

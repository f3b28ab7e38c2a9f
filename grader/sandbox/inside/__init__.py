"""The part of the grader that runs beside student code; the sandbox shows these files and no other.

They import the standard library, NumPy and each other, and hold no answer and no secret.
"""

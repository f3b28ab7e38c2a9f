# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] name="title"
# # Local rules: what one node sends back
#
# | difficulty | time | points |
# |---|---|---|
# | ●●○○○ | about 45 minutes | 20 |
#
# **What you'll do.** Write the backward step of eight operations as small functions on NumPy
# arrays. Each one is compared with PyTorch the moment you run its check.
#
# **What you'll learn.** To find a rule by moving one input alone; why every rule starts from the
# gradient that arrives; why a gradient has the shape of the input that it belongs to.
#
# **What you'll need.** The derivatives of $x + c$, $c\,x$ and $x^n$, and arithmetic with NumPy
# arrays. You need to know nothing of PyTorch.

# %% [markdown] name="how"
# ## How this works
#
# Fill in the cells that say `YOUR CODE HERE`, and run the check below each of them. A check asks
# your function about a handful of inputs and tells you what differs first. You may run it as often
# as you like. For your points the same functions are asked again, with other inputs.
#
# Keep the names of the functions and what they take. Return NumPy arrays; where two gradients are
# asked for, return both, `return grad_a, grad_b`. Stuck? Below each check there are hints to open
# one at a time.
#
# Go from cell to cell with Shift+Enter: *Run All* stops at the first check that is not right yet.

# %% name="setup"
import numpy as np

from grader import check

# %% [markdown] name="example"
# ## An example: the sine
#
# Somewhere in a long calculation a node computed $y = \sin(a)$. On the way back, a gradient `g`
# arrives at this node. It has the shape of $y$, and it says how fast the final result grows when
# $y$ grows. The node knows nothing of the rest of the calculation. It only answers: *then how fast
# does the final result grow when my input $a$ grows?*
#
# When $a$ grows by a little, $y$ grows $\cos(a)$ times as much. So the node sends back
#
# $$\texttt{grad\_a} = g \cdot \cos(a).$$
#
# Such a rule is called a **VJP**, a vector-Jacobian product: `g` is the vector, and the slope is
# all that is left of the Jacobian when each number has its own little calculation.


# %% name="example-rule"
def sin_vjp(g, a):
    return g * np.cos(a)


# %% [markdown] name="example-nudge"
# You can find any slope without a formula: move the input by a very small `h`, see how far the
# output moved, and divide by `h`. The two lines agree, except for the last digits.

# %%
a = np.array([0.0, 1.0, 2.0])
h = 1e-6
print("by nudging:", (np.sin(a + h) - np.sin(a)) / h)
print("by rule:   ", sin_vjp(np.ones(3), a))

# %% [markdown] name="add-prompt"
# ## 1. Addition
#
# The node computed $y = a + b$. Here `g`, `a` and `b` have the same shape: that of a vector, of a
# matrix, or `()`, the shape of a single number. Return what `a` gets and what `b` gets:
#
# $$\texttt{grad\_a} = g \cdot \frac{\partial y}{\partial a}, \qquad
# \texttt{grad\_b} = g \cdot \frac{\partial y}{\partial b}.$$


# %% name="add" solves="e2.add"
def add_vjp(g, a, b):
    """What a + b sends back: (grad_a, grad_b)."""
    ### BEGIN SOLUTION
    return g, g
    ### END SOLUTION


# %% name="add-check" checks="e2.add" points=2
check("e2.add", add_vjp)

# %% [markdown] name="add-hints"
# <details><summary>Hint: how to begin</summary>
#
# Hold `b` still and let `a` grow by 1. By how much does `a + b` grow? Then the other way round.
#
# </details>
# <details><summary>The verdict says <code>dropped-g</code></summary>
#
# You sent back the slope alone. If `g` were twice as large, the final result would react twice as
# strongly, so what you send back must change as well.
#
# </details>
# <details><summary>The verdict says <code>own-factor</code> or <code>other-factor</code></summary>
#
# A sum grows as fast at `a = 100` as at `a = 1`. The values of `a` and `b` do not matter.
#
# </details>

# %% [markdown] name="sub-prompt"
# ## 2. Subtraction
#
# The node computed $y = a - b$. Return both gradients. One of the two inputs pulls the result down
# when it grows.


# %% name="sub" solves="e2.sub"
def sub_vjp(g, a, b):
    """What a - b sends back: (grad_a, grad_b)."""
    ### BEGIN SOLUTION
    return g, -g
    ### END SOLUTION


# %% name="sub-check" checks="e2.sub" points=2
check("e2.sub", sub_vjp)

# %% [markdown] name="sub-hints"
# <details><summary>Hint: how to begin</summary>
#
# Take `a = 5` and `b = 2`. Let `a` grow by 1: what happens to the difference? Go back, and let `b`
# grow by 1.
#
# </details>
# <details><summary>The verdict names a sign</summary>
#
# `sign-lost`: no minus came back at all. `sign-on-the-wrong-one`: there is one, on the other side.
# `sign-on-both`: there is one too many.
#
# </details>

# %% [markdown] name="rsub-prompt"
# ## 3. A number minus an array
#
# In `1 - output` only one side is an array that wants a gradient. The node computed $y = c - a$
# with a plain Python number $c$. A number gets no gradient, so return one array, for `a`.


# %% name="rsub" solves="e2.rsub"
def rsub_vjp(g, a, c):
    """What c - a sends back to a, where c is a Python number: grad_a."""
    ### BEGIN SOLUTION
    return -g
    ### END SOLUTION


# %% [markdown] name="rsub-try"
# Does it matter how large the number is? Try it.

# %%
a = np.array([0.5, 2.0])
for c in (1.0, 100.0):
    print(f"c = {c}:", ((c - (a + h)) - (c - a)) / h)

# %% name="rsub-check" checks="e2.rsub" points=2
check("e2.rsub", rsub_vjp)

# %% [markdown] name="rsub-hints"
# <details><summary>Hint: how to begin</summary>
#
# Draw the line $y = c - a$ over $a$. Which way does it slope, and how steep is it?
#
# </details>
# <details><summary>The verdict says <code>constant-as-factor</code> or
# <code>forward-for-gradient</code></summary>
#
# Another $c$ shifts the line up or down. Look at its slope, not at its height.
#
# </details>

# %% [markdown] name="mul-prompt"
# ## 4. Multiplication
#
# The node computed $y = a \cdot b$, element by element. Return both gradients. This is the first
# rule that needs the values of the inputs, and the reason why an autograd saves them on the way
# forward.

# %% [markdown] name="mul-try"
# First find the two slopes by nudging. Whose values do you recognise in each line?

# %%
a, b = np.array([2.0, -1.0]), np.array([5.0, 3.0])
print("a moves:", ((a + h) * b - a * b) / h)
print("b moves:", (a * (b + h) - a * b) / h)


# %% name="mul" solves="e2.mul"
def mul_vjp(g, a, b):
    """What a * b sends back: (grad_a, grad_b)."""
    ### BEGIN SOLUTION
    return g * b, g * a
    ### END SOLUTION


# %% name="mul-check" checks="e2.mul" points=3
check("e2.mul", mul_vjp)

# %% [markdown] name="mul-hints"
# <details><summary>Hint: how to begin</summary>
#
# Hold `b` still. Then `a * b` is nothing but `a` times a fixed number, and you know the slope of
# $5a$.
#
# </details>
# <details><summary>The verdict says <code>own-factor</code></summary>
#
# You asked how large the input is that moves. Ask what it is multiplied with.
#
# </details>
# <details><summary>The verdict says <code>dropped-g</code></summary>
#
# The slopes are right. Now bring in the gradient that arrives.
#
# </details>

# %% [markdown] name="pow-prompt"
# ## 5. A power
#
# The node computed $y = a^n$ with a plain Python number $n$, which may be whole, negative or a
# fraction. The values of `a` are positive here. Return one array, for `a`. You know the rule from
# school: $(x^n)' = \dots$


# %% name="pow" solves="e2.pow"
def pow_vjp(g, a, n):
    """What a ** n sends back to a, where n is a Python number: grad_a."""
    ### BEGIN SOLUTION
    return g * n * a ** (n - 1)
    ### END SOLUTION


# %% name="pow-check" checks="e2.pow" points=3
check("e2.pow", pow_vjp)

# %% [markdown] name="pow-hints"
# <details><summary>Hint: how to begin</summary>
#
# Write down the derivatives of $x^2$, $x^3$ and $x^{-1}$. Two things happen to the exponent each
# time: it shows up somewhere, and it changes.
#
# </details>
# <details><summary>The verdict says <code>power-rule-slip</code> or
# <code>lost-factor-n</code></summary>
#
# One of those two things is missing. Test your function by hand with `a = 2` and `n = 3`: the slope
# there is 12.
#
# </details>
# <details><summary>The verdict says <code>only-squares</code></summary>
#
# Your rule holds for one exponent. Where does its number 2 come from?
#
# </details>

# %% [markdown] name="sum-prompt"
# ## 6. The sum of all elements
#
# The node computed the single number $y = \sum_i a_i$. So `g` is a single number as well, an array
# of shape `()`, while `a` may have any shape, even `()`. Return an array in the shape of `a` that
# holds the gradient of every element.


# %% name="sum" solves="e2.sum"
def sum_vjp(g, a):
    """What a.sum() sends back: grad_a, in a's shape."""
    ### BEGIN SOLUTION
    return g * np.ones_like(a)
    ### END SOLUTION


# %% name="sum-check" checks="e2.sum" points=2
check("e2.sum", sum_vjp)

# %% [markdown] name="sum-hints"
# <details><summary>Hint: how to begin</summary>
#
# Let one single element of `a` grow by 1. By how much does the sum grow? Does it matter which
# element it was?
#
# </details>
# <details><summary>The verdict says <code>sum-shape-lost</code></summary>
#
# The number is right, but each element of `a` waits for its own. Many NumPy functions make an array
# like another one: look at `np.ones_like` or `np.full_like`.
#
# </details>
# <details><summary>The verdict says <code>own-factor</code></summary>
#
# A large element and a small one count alike when each of them grows by the same amount.
#
# </details>

# %% [markdown] name="mean-prompt"
# ## 7. The mean of all elements
#
# The node computed $y = \frac{1}{N} \sum_i a_i$, where $N$ is the number of all elements of `a`.
# Again `g` has shape `()`, and the answer has the shape of `a`.

# %% [markdown] name="mean-try"
# Move one element of a matrix and watch the mean.

# %%
a = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
moved = a.copy()
moved[0, 0] += 1.0
print("the mean grows by", moved.mean() - a.mean())


# %% name="mean" solves="e2.mean"
def mean_vjp(g, a):
    """What a.mean() sends back: grad_a, in a's shape."""
    ### BEGIN SOLUTION
    return g * np.ones_like(a) / a.size
    ### END SOLUTION


# %% name="mean-check" checks="e2.mean" points=3
check("e2.mean", mean_vjp)

# %% [markdown] name="mean-hints"
# <details><summary>Hint: how to begin</summary>
#
# The mean is the sum times a fixed number. What does such a number do to a slope?
#
# </details>
# <details><summary>The verdict says <code>mean-as-sum</code></summary>
#
# In the cell above one element grew by 1. Did the mean grow by 1?
#
# </details>
# <details><summary>The verdict says <code>counted-rows</code></summary>
#
# `len(a)` counts the rows of a matrix. Which attribute of an array counts everything?
#
# </details>

# %% [markdown] name="relu-prompt"
# ## 8. ReLU
#
# The node computed $y = \max(a, 0)$, element by element: positive numbers pass, negative ones
# become 0. At exactly $a = 0$ the curve has a kink and no slope. Everyone has to choose one there,
# and PyTorch chooses 0.


# %% name="relu" solves="e2.relu"
def relu_vjp(g, a):
    """What relu(a) sends back: grad_a."""
    ### BEGIN SOLUTION
    return g * (a > 0)
    ### END SOLUTION


# %% name="relu-check" checks="e2.relu" points=3
check("e2.relu", relu_vjp)

# %% [markdown] name="relu-hints"
# <details><summary>Hint: how to begin</summary>
#
# Draw the curve. How steep is it on the right, how steep on the left? A comparison such as `a > 1`
# gives an array of True and False, and NumPy counts True as 1 when it multiplies.
#
# </details>
# <details><summary>The verdict says <code>kink-has-one-answer</code></summary>
#
# Only the elements that are exactly 0 are wrong. Does your comparison let them through?
#
# </details>
# <details><summary>The verdict says <code>masked-by-g</code></summary>
#
# A negative gradient may well pass through a ReLU. What counts is the number that went in.
#
# </details>

# %% [markdown] name="end"
# ## Look back
#
# Two questions to take along. Which of the eight rules needed the values of their inputs, and which
# only a shape or nothing at all? And what would an autograd have to remember from the forward pass
# so that it can answer later?

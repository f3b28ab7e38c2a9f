# %% [markdown] name="title"
# # Meet a tensor that remembers
#
# A tensor is an array of numbers. Some tensors also remember how they were made. That memory is all
# that a library needs to find gradients for you. In this lesson you learn to read it.
#
# - **What you'll do:** make tensors, compute with them, and predict what each result knows about
#   itself.
# - **What you'll learn:** what `requires_grad`, `grad`, `grad_fn` and `is_leaf` say, and why.
# - **What you need:** Python, and an idea of what a derivative is. About 25 minutes.
#
# We use two libraries side by side. `minigrad` is made for reading: its core fits one sitting.
# `torch` is PyTorch. They show the same, and you check that yourself all the way.
#
# **Predict, then run.** Before most cells there is a question. Answer it on paper, then run the
# cell with <kbd>Shift</kbd>+<kbd>Enter</kbd>. A wrong guess teaches more than a right one.

# %% name="imports"
import torch

import minigrad
from minigrad.explore import draw, explore

# %% [markdown] name="plain"
# ## 1. Make a plain tensor
#
# `minigrad.tensor` turns numbers into a tensor, like `numpy.array` does.

# %% name="plain-make"
a = minigrad.tensor(2.0)
b = minigrad.tensor([5.0, 6.0])
print(a)
print(b)
print(b.shape)

# %% [markdown] name="plain-card-text"
# Every tensor carries five things besides its shape. This little function prints them. We call it a
# *card*.


# %% name="card"
def card(t):
    """Print what a tensor knows about itself."""
    print("data         ", t.detach().tolist())
    print("requires_grad", t.requires_grad)
    print("grad_fn      ", t.grad_fn.name() if t.grad_fn else None)
    print("is_leaf      ", t.is_leaf)
    print("grad         ", t.grad if t.is_leaf else "(not kept here: see part 6)")


# %% name="card-plain"
card(a)

# %% [markdown] name="plain-read"
# Read the card line by line.
#
# - `requires_grad` is `False`: nobody asked this tensor to remember anything.
# - `grad_fn` is `None`: it was not computed from a tensor that remembers.
# - `is_leaf` is `True`. A leaf is where a memory can begin. A plain tensor counts as one, too.
# - `grad` is `None`. The attribute is there on *every* tensor. It stays `None` until a backward
#   pass puts a gradient into it.

# %% [markdown] name="ask"
# ## 2. Ask it to remember
#
# **Predict:** which lines of the card change when we add `requires_grad=True`?

# %% name="ask-card"
x = minigrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
print(x)
print()
card(x)

# %% [markdown] name="ask-read"
# Only one line changed. The tensor says so itself: `requires_grad=True` stands at the end of its
# text. There is still no `grad_fn`, because you made `x` by hand. And `grad` is still `None`,
# because nothing has gone backward yet.
#
# ### The same line in PyTorch
#
# The loop below runs the same lines twice, once with each library. Look for a difference. There is
# none.

# %% name="same-leaf" tags=["same"]
for library in (minigrad, torch):
    t = library.tensor([1.0, 2.0, 3.0], requires_grad=True)
    print(f"{library.__name__:8}", t, t.is_leaf, t.grad_fn, t.grad)

# %% [markdown] name="compute"
# ## 3. Compute, and read the trace
#
# **Predict:** `y` is computed from `x`. What are its `requires_grad`, its `grad_fn` and its
# `is_leaf`?

# %% name="compute-add"
y = x + 2
print(y)
print()
card(y)

# %% [markdown] name="compute-read"
# All three changed.
#
# - `requires_grad` is `True`. The wish is inherited: one input that wants a gradient is enough.
# - `grad_fn` is a node named `AddBackward0`. It was made by the *library* at the moment of the
#   addition. It knows how to send a gradient back through this one addition.
# - `is_leaf` is `False`. A result that remembers its making is not a beginning.
#
# The name is made of three parts: the operation (`Add`), the word `Backward`, and a number that
# tells apart variants of the same operation.
#
# **Predict** the names for the five results below. Two of them are surprising.

# %% name="compute-names"
output = minigrad.tensor([0.25], requires_grad=True)

z = y * y * 2
mean = z.mean()
difference = x**3 - y**2
rest = 1 - output

print("y * y * 2      ", z.grad_fn.name())
print("z.mean()       ", mean.grad_fn.name())
print("y ** 2         ", (y**2).grad_fn.name())
print("x ** 3 - y ** 2", difference.grad_fn.name())
print("1 - output     ", rest.grad_fn.name())

# %% [markdown] name="compute-names-read"
# - `y * y * 2` is two multiplications. The name is that of the *last* one. The first is still
#   there, one step behind. You see it in the picture below.
# - `x ** 3 - y ** 2` is a subtraction of two powers: again the last step gives the name.
# - `1 - output` is `RsubBackward1`. The `R` stands for *reversed*: the tensor is on the right side.
#
# ### The same line in PyTorch

# %% name="same-names" tags=["same"]
for library in (minigrad, torch):
    t = library.tensor([1.0, 2.0, 3.0], requires_grad=True)
    u = t + 2
    print(f"{library.__name__:8}", u)
    print(f"{library.__name__:8}", u * u * 2)
    print(f"{library.__name__:8}", (u * u * 2).mean())
    print(f"{library.__name__:8}", t**3 - u**2)
    print(f"{library.__name__:8}", 1 - u)

# %% [markdown] name="draw"
# ## 4. Look at the graph
#
# Each `grad_fn` points to the nodes behind it, so the last one leads back to all of them. Together
# they are a *graph*. `draw` shows it.
#
# **Predict:** how many boxes will the picture of `mean` have? Count the operations, the leaves and
# the plain numbers.

# %% name="draw-before"
draw(mean)

# %% [markdown] name="draw-read"
# Read it from top to bottom, the way the values went.
#
# - The green pill is the leaf `x`. The dashed boxes are plain numbers: no gradient is wanted there.
# - Two arrows run from `y` into the first multiplication, because `y * y` uses `y` twice.
# - That first multiplication has no variable name. You never gave it one, but the graph holds it.
# - The number 2 of `x + 2` shows a dash. To send a gradient back through an addition, nobody needs
#   to know what was added. So it is not kept.
# - Every `grad` is a dash: no gradient yet. A dash is not a zero.
#
# This is not a recording of your program that could be played again. It is a chain of small
# functions, each ready to send a gradient one step back.

# %% [markdown] name="backward"
# ## 5. Go back once
#
# `backward()` starts at a result with one element and walks the graph towards the leaves. It starts
# with the gradient 1, since the result changes exactly as much as itself.
#
# Here $\text{mean} = \frac{1}{3}\sum_i 2\,(x_i + 2)^2$, so the gradient by $x_i$ is
# $\frac{4}{3}(x_i + 2)$.
#
# **Predict** the three numbers in `x.grad` for $x = 1, 2, 3$.

# %% name="backward-run"
print("before:", x.grad)
mean.backward()
print("after: ", x.grad)

# %% [markdown] name="explore-text"
# What happened on the way? `explore` runs a backward pass and writes down every gradient that is
# sent. Click on the picture. Then <kbd>→</kbd> takes you one step on and <kbd>←</kbd> one back.
#
# **Predict:** `y` is used twice. What arrives at its box in the end? Press *Predict*, and you are
# asked for each value before you see it.

# %% name="explore"
x = minigrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = x + 2
square = y * y
z = square * 2
mean = z.mean()
explore(mean)

# %% [markdown] name="explore-read"
# - The walk starts at the bottom and goes up, against the arrows, one arrow at a time.
# - `y` gets a gradient on each of its two arrows. They are *added*.
# - `grad` in a box is what came through. Only the leaf has a second line, `.grad`. Gradients went
#   *through* every box, but they are kept only where someone asked for them: at leaves with
#   `requires_grad=True`.
# - The plain number 2 gets nothing. Nobody wants to know.
#
# The walk also throws away what it no longer needs. A second walk through the same graph stops with
# an error.
#
# ### The same line in PyTorch

# %% name="same-backward" tags=["same"]
for library in (minigrad, torch):
    t = library.tensor([1.0, 2.0, 3.0], requires_grad=True)
    u = t + 2
    loss = (u * u * 2).mean()
    print(f"{library.__name__:8}", t.grad)
    loss.backward()
    print(f"{library.__name__:8}", t.grad)

# %% [markdown] name="states"
# ## 6. Sort tensors into four states
#
# Many texts say: "a leaf is a tensor that you made and that requires a gradient". That is only half
# of it. There are *four* states.
#
# **Predict** the two columns for each row.

# %% name="states-table"
made = minigrad.tensor([1.0, 2.0])
wanted = minigrad.tensor([1.0, 2.0], requires_grad=True)

states = {
    "made by you": made,
    "made by you, requires_grad=True": wanted,
    "computed from plain tensors": made * 3,
    "computed from one that wants a gradient": wanted * 3,
}
print(f"{'':41}requires_grad  is_leaf")
for words, t in states.items():
    print(f"{words:41}{t.requires_grad!s:15}{t.is_leaf}")

# %% [markdown] name="states-read"
# The third row is the one to remember. `made * 3` was computed, and it is still a leaf: nothing
# behind it wants a gradient, so no memory was begun.
#
# In one sentence: **a tensor is not a leaf exactly when it has a `grad_fn`.**
#
# And what about `grad` on a tensor that is not a leaf? It is there, too. Reading it gives `None`
# and a *warning*, not an error.

# %% name="states-warning"
product = wanted * 3
product.sum().backward()
print("leaf:    ", wanted.grad)
print("not leaf:", product.grad)

# %% [markdown] name="states-warning-read"
# If you want to keep the gradient of a result, say so before the backward pass: `retain_grad()`.

# %% name="states-retain"
wanted = minigrad.tensor([1.0, 2.0], requires_grad=True)
product = wanted * 3
product.retain_grad()
product.sum().backward()
print("not leaf, but asked for:", product.grad)

# %% [markdown] name="states-same-text"
# ### The same line in PyTorch

# %% name="same-states" tags=["same"]
for library in (minigrad, torch):
    made = library.tensor([1.0, 2.0])
    wanted = library.tensor([1.0, 2.0], requires_grad=True)
    for t in (made, wanted, made * 3, wanted * 3):
        print(f"{library.__name__:8}", t.requires_grad, t.is_leaf, t)

# %% [markdown] name="traps"
# ## 7. Step around three traps
#
# **Trap 1: flagged, then moved.** Someone wants a leaf in double precision and writes the line
# below.
#
# **Predict:** is `w` a leaf?

# %% name="trap-moved"
w = minigrad.tensor([1.0, 2.0], requires_grad=True).double()
print(w)
print("is_leaf", w.is_leaf)

# %% [markdown] name="trap-moved-read"
# It is not. `.double()` is an operation like any other, and `w` is its *result*. The leaf exists,
# but nobody holds it: the gradient would go to a tensor without a name. The same happens with
# `.to(device)`. Convert first, then set the flag.

# %% name="trap-moved-right"
w = minigrad.tensor([1.0, 2.0]).double().requires_grad_()
print(w)
print("is_leaf", w.is_leaf)

# %% [markdown] name="trap-integer"
# **Trap 2: whole numbers.** A gradient asks what happens when a number changes a *little*. An
# integer cannot.
#
# **Predict:** what does the next cell print?

# %% name="trap-integer-run"
try:
    minigrad.tensor([1, 2, 3], requires_grad=True)
except RuntimeError as error:
    print(error)

# %% [markdown] name="trap-flag"
# **Trap 3: the flag on a result.** You may set or clear the flag on a leaf. On a result the library
# refuses: its flag says what happened, not what you wish.

# %% name="trap-flag-run"
result = w * 2
try:
    result.requires_grad_(False)
except RuntimeError as error:
    print(error)

# %% [markdown] name="traps-same-text"
# ### The same line in PyTorch
#
# There is one difference, and you have seen it above: a name that belongs to the library carries
# the library's name. Where `minigrad` prints `minigrad.Size` and `minigrad.float64`, PyTorch prints
# `torch.Size` and `torch.float64`.

# %% name="same-traps" tags=["same"]
for library in (minigrad, torch):
    w = library.tensor([1.0, 2.0], requires_grad=True).double()
    print(f"{library.__name__:8}", w.is_leaf, w.grad_fn.name())
    try:
        library.tensor([1, 2, 3], requires_grad=True)
    except RuntimeError as error:
        print(f"{library.__name__:8}", error)
    try:
        w.requires_grad_(False)
    except RuntimeError as error:
        print(f"{library.__name__:8}", error)

# %% [markdown] name="recall"
# ## Recall
#
# Answer each question before you open it.
#
# <details><summary>1. <code>c = a * b</code>, and only <code>a</code> requires a gradient. What
# does <code>c</code> require? Is it a leaf?</summary>
#
# `c.requires_grad` is `True`: one input is enough. It has a `grad_fn`, so it is not a leaf.
#
# </details>
#
# <details><summary>2. What is <code>t.grad</code> right after
# <code>t = minigrad.ones(3, requires_grad=True)</code>?</summary>
#
# `None`. The attribute is always there. It stays `None` until a backward pass reaches the leaf. It
# is not a tensor of zeros.
#
# </details>
#
# <details><summary>3. Which <code>grad_fn</code> has <code>2 * t ** 2</code>, and what stands
# behind it?</summary>
#
# `MulBackward0`. Behind it stand `PowBackward0` and the plain number 2, which has no node.
#
# </details>
#
# <details><summary>4. A tensor is a leaf. Does it require a gradient?</summary>
#
# You cannot tell. Every tensor without a `grad_fn` is a leaf, plain ones too.
#
# </details>
#
# <details><summary>5. After <code>loss.backward()</code>, where are the gradients of the results in
# the middle?</summary>
#
# They passed through and were not kept. Call `retain_grad()` on a result before the backward pass
# to keep its gradient.
#
# </details>
#
# ## Go on
#
# You can read what a tensor remembers. What does `MulBackward0` *do* when a gradient arrives? Write
# that yourself, for eight operations, in the exercise
# [Local rules](../exercises/e2_local_rules/e2_local_rules.ipynb). It checks your answers against
# PyTorch while you work.

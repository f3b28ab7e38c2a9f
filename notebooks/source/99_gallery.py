# %% [markdown] name="title"
# # See every widget of the kit
#
# Each picture below is made by one line of code. Take the line into a notebook of your own: it
# works on tensors of `minigrad` and of PyTorch.

# %% name="imports"
import torch

import minigrad
from minigrad.explore import (
    broadcast_lens,
    descent_player,
    draw,
    explore,
    gradient_meter,
    jacobian_grid,
    leaf_table,
    tensor_card,
)

# %% [markdown] name="explore-text"
# ## Step through a backward pass
#
# `explore(loss)` runs `loss.backward()` and lets you walk through it. Click on the picture, then
# use the arrow keys. *Predict* asks you for each value before it is shown. *Projector* makes the
# text large. A click on a box shows its details.

# %% name="explore"
x = minigrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = x + 2
mean = (y * y * 2).mean()
explore(mean)

# %% [markdown] name="explore-torch-text"
# The same on PyTorch. `relu` lets no gradient through where its input was negative. The bias is
# *stretched* over two rows: look at what comes back to it.

# %% name="explore-torch"
inputs = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
weight = torch.tensor([[0.5, -2.0], [0.25, 1.0]], requires_grad=True)
bias = torch.tensor([0.1, 0.2], requires_grad=True)
loss = torch.relu(inputs @ weight + bias).sum()
explore(loss)

# %% [markdown] name="explore-fold-text"
# A graph of more than 40 nodes is folded: each pile of cards stands for a part of the model. While
# the notebook runs, a click on a pile opens it, and so do Enter and
# `explorer.opened = "model.layers.1"`. Escape closes it again.

# %% name="explore-fold"
model = torch.nn.TransformerEncoder(
    torch.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0), 3, enable_nested_tensor=False
)
words = model(torch.ones(4, 1, 8))
explorer = explore(words.square().mean())
explorer

# %% [markdown] name="explore-error-text"
# A pass that stops shows where. Here a saved value was changed before it was needed.

# %% name="explore-error"
a = minigrad.tensor([1.0, 2.0], requires_grad=True)
b = a.exp()
c = b * 2
b.add_(1)
explore(c.sum())

# %% [markdown] name="draw-text"
# ## Draw a graph
#
# `draw(result)` shows the graph as it is and runs nothing. A large one is folded here, too;
# `draw(result, whole=True)` draws all of it.

# %% name="draw"
p = minigrad.tensor(2.0, requires_grad=True)
q = minigrad.tensor(3.0, requires_grad=True)
product = p * q
draw(product + p)

# %% [markdown] name="card-text"
# ## Look at a tensor
#
# `tensor_card(x, y)` shows all that tensors know about themselves, side by side. A dash means that
# there is nothing yet. It never means zero.

# %% name="card"
data = minigrad.tensor([1.0, -2.0, 3.0], requires_grad=True)
doubled = data * 2
doubled.sum().backward()
tensor_card(data, doubled)

# %% [markdown] name="leaves-text"
# ## Find where gradients are kept
#
# `leaf_table()` has four states and three switches. Each setting is run, and `.grad` is what the
# backward pass left. `leaf_table(data, doubled)` shows your own tensors.

# %% name="leaves"
leaf_table()

# %% [markdown] name="jacobian-text"
# ## Send a vector back
#
# `jacobian_grid(f, x)` shows what a backward pass makes of a vector `v`, and what a forward
# derivative makes of it. Slide the numbers, or drag them in the picture up and down.

# %% name="jacobian"
A = minigrad.tensor([[1.0, 2.0], [3.0, 4.0]])
jacobian_grid(lambda t: A @ t, [1.0, 1.0], v=[1, 10])

# %% [markdown] name="broadcast-text"
# ## Undo a broadcast
#
# `broadcast_lens((3, 1), (4,))` shows which cells are stretched, and where gradients fold back. It
# takes shapes, arrays and tensors.

# %% name="broadcast"
broadcast_lens((3, 1), (4,))

# %% [markdown] name="meter-text"
# ## Add up, then clear
#
# `gradient_meter(f, w)` runs several passes. Switch `zero_grad()` on and off.

# %% name="meter"
gradient_meter(lambda w: (w * 3).sum(), torch.ones(4))

# %% [markdown] name="descent-text"
# ## Walk down a loss
#
# `descent_player(loss, start)` shows gradient descent step by step. The arrow is the gradient: it
# points uphill, and the step goes the other way.

# %% name="descent"
descent_player(lambda w: w[0] ** 2 + 8 * w[1] ** 2 + w[0] * w[1], [3.0, 1.5], rate=0.1)

# %% [markdown] name="export-text"
# ## Take it with you
#
# A page or slides (reveal.js) in which all of this still plays, without a kernel and without a
# network. Both can be printed; `--theme dark` makes them dark.
#
# ```
# jupyter nbconvert --execute --to minigrad_html 99_gallery.ipynb
# jupyter nbconvert --execute --to minigrad_slides 99_gallery.ipynb
# ```

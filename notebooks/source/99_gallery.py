# %% [markdown] name="title"
# # See every widget of the kit
#
# Each picture below is made by one line of code. Take the line into a notebook of your own: it
# works on tensors of `minigrad` and of PyTorch.

# %% name="imports"
import torch

import minigrad
from minigrad.explore import draw, explore

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
# The same on PyTorch. Here a bias is *stretched* over two rows: look at what comes back to it.

# %% name="explore-torch"
inputs = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
weight = torch.tensor([[0.5, -1.0], [0.25, 1.0]], requires_grad=True)
bias = torch.tensor([0.1, 0.2], requires_grad=True)
loss = torch.relu(inputs @ weight + bias).sum()
explore(loss)

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
# `draw(result)` shows the graph as it is and runs nothing.

# %% name="draw"
p = minigrad.tensor(2.0, requires_grad=True)
q = minigrad.tensor(3.0, requires_grad=True)
product = p * q
draw(product + p)

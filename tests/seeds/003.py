# ruff: noqa
# fmt: off
# (No tool touches this file: the spelling is the source's.)
# The code of the source that begins with "Gradient : the rate of change of a function", cell by
# cell, in its order and spelling. Each cell is named by its prompt there; prose is left out.

# %% In [1]
import torch

# %% In [2]
x = torch.randn(3, requires_grad = True)
x

# %% In [3]
# does a computational graph, like inputs towards neuron and output
# for each op we have input and output
# using back propogation we can calculate gradient
# forwards pass calculates output
# because we have gradient activated, pytorch will create a gradient function
# y -> grad_fn -> add backward -> backward pass
# which will be used in back propogation
x+2

# %% In [4]
x*2*2

# %% In [5]
x.mean()

# %% In [7]
x.grad

# %% In [12]
y = x*2*2
y = y.mean()
y.backward() # to compute gradients, we need to reduce the tensor y to a scalar hence the mean()

# %% In [13]
x.grad

# %% In [15]
# if y not scalar, so we did not apply mean()
y = x*2*2
y.shape

# %% In [16]
vector = torch.randn(3)

# %% Sketch of In [18]'s comment: the call without a vector
y.backward()

# %% In [18]
#y.backward()
y.backward(vector) # vector jakobian product

# %% In [19]
x.grad

# %% In [21]
# prevent from tracking gradient if required, example : weight adjustment during training
# 3 ways
x.requires_grad_(False) # inplace
x

# %% In [22]
# x_no_grad = x.detach()
# with torch.no_grad():

# %% Sketch of In [22], on a tensor that requires grad again
x.requires_grad_(True)
x_no_grad = x.detach()
print(x_no_grad)
with torch.no_grad():
    print(x + 2)

# %% In [27]
weights = torch.ones(4, requires_grad = True)
for epoch in range(3):
    model_output = (weights * 3).sum()
    model_output.backward()
    print(weights.grad)

# %% In [29]
# so gradient will always sum up
# to fix we need to empty gradients
weights = torch.ones(4, requires_grad = True)
for epoch in range(3):
    model_output = (weights * 3).sum()
    model_output.backward()
    print(weights.grad)
    weights.grad.zero_()

# %% In [ ] after In [29]
# example
# optimizer = torch.optim.SGD(weights, lr = 0.01)
# optimizer.step()
# optimizer.zero_grad()

# %% Sketch of In [ ] after In [29], without its comment signs
optimizer = torch.optim.SGD(weights, lr = 0.01)

# %% Sketch of In [ ] after In [29], with the list that SGD wants
optimizer = torch.optim.SGD([weights], lr = 0.01)
(weights * 3).sum().backward()
optimizer.step()
print(weights)
optimizer.zero_grad()
print(weights.grad)

# %% Sketch: the description of the optimizer
optimizer

# ruff: noqa
# fmt: off
# (No tool touches this file: the spelling is the source's.)
# The code of "PyTorch Autograd", cell by cell, in the order and spelling of the source. Each cell
# is named by its prompt there; the figures and the prose are left out.

# %% In [1]
import numpy as np
# import pandas as pd   (left out: nothing below uses it, and the kit does not install it)
import matplotlib.pyplot as plt
# %matplotlib inline    (left out: a magic, which only a notebook understands)

import torch

# %% In [2]
#Initialize tensors a & b
a = torch.tensor([5.], requires_grad = True)
b = torch.tensor([6.], requires_grad = True)

# %% In [3]
# a and b are defined and we can check.
a

# %% In [4]
b

# %% In [5]
#Define a function y in terms of a and b
y = a**3 - b**2

# %% In [6]
#Check y
print(y)

# %% In [7]
print(a.grad)

# %% In [8]
print(b.grad)

# %% In [9]
y.backward()

# %% In [10]
print(a.grad)

# %% In [11]
print(b.grad)

# %% In [12]
#################------EXAMPLE------#################

# %% In [13]
#Initialize a random vector W ('For Weights')
W = torch.randn(10, 1, requires_grad = True)

#Initialize another random vector b ('For bias')
b = torch.randn(1, requires_grad = True)

# %% In [14]
W

# %% In [15]
b

# %% In [16]
#Initialize x ('For Features')
x = torch.rand(1, 10)

# %% In [17]
x

# %% In [18]
output = torch.matmul(x, W) + b

# %% In [19]
output

# %% In [20]
loss = 1 - output

# %% In [21]
loss

# %% In [22]
loss.backward()

# %% In [23]
W.grad

# %% In [24]
b.grad

# %% In [25]
#Updating weights 
with torch.no_grad():
    W = W - 0.001 * W.grad.data

# %% In [26]
W

# %% Sketch: the next step of the loop, where In [25] has silently stopped the training
output = torch.matmul(x, W) + b
loss = 1 - output
loss.backward()
print(W.requires_grad, W.grad, b.grad)

# %% In [27]
#Create two new tensors without "requires_grad = True"
a = torch.tensor(2.0)
b = torch.tensor(3.0)

# %% In [28]
a

# %% In [29]
b

# %% Sketch: the attributes that the figures show
print(a.data, a.grad, a.grad_fn, a.is_leaf, a.requires_grad)

# %% In [30]
#Multiply a and b
c = a * b

# %% In [31]
c

# %% Sketch: the figure of c
print(c.data, c.grad, c.grad_fn, c.is_leaf, c.requires_grad)

# %% In [32]
a = torch.tensor(2.0, requires_grad = True)

# %% In [33]
a

# %% Sketch: the figure of a
print(a.data, a.grad, a.grad_fn, a.is_leaf, a.requires_grad)

# %% In [34]
c = a * b

# %% In [35]
c

# %% Sketch: the figure of the tracked c and its graph
print(c.data, c.is_leaf, c.requires_grad, c.grad_fn)
print(c.grad_fn.next_functions)
print(c.grad_fn.next_functions[0][0].variable)

# %% In [36]
c.backward()

# %% In [37]
a.grad

# %% In [38]
a = torch.tensor(2.0, requires_grad = True)
b = torch.tensor(3.0, requires_grad = True)

# %% In [39]
c = a * b

# %% In [40]
d = torch.tensor(4.0, requires_grad = True)

# %% In [41]
e = c * d

# %% In [42]
e.backward()

# %% In [43]
d.grad

# %% In [44]
b.grad

# %% In [45]
a.grad

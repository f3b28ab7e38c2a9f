# ruff: noqa
# fmt: off
# (No tool touches this file: the spelling is the source's.)
# The code of "Autograd", cell by cell, in the order and spelling of the source. Each cell is named
# by its prompt there; `In [ ]` has none. The figures and the prose are left out.

# %% In [2]
import torch
import numpy

# %% In [5]
t1 = torch.randn(5, requires_grad=True) #random normal 
t1

# %% In [6]
t2 = t1 + 2
print(t2)

# %% In [7]
t3 = 2*t2**2
print(t3)

# %% In [9]
t4 = t3.mean()
t4

# %% In [ ] after In [9]
t4.backward() #calling backward method on final variable set the gradient for all vraibles before. 

# %% In [12]
print('t1.grad = ', t1.grad)
print('t2.grad = ', t2.grad)
print('t3.grad = ', t3.grad)
print('t4.grad = ', t4.grad) #expected to be 1 since d(t4)/d(t4) = 1

# %% Sketch after In [12]: the network that the prose shows
x = torch.randn(1, 2, requires_grad=False)   # Input
W1 = torch.randn(2, 3, requires_grad=True)   # Leaf
b1 = torch.randn(3, requires_grad=True)      # Leaf

W2 = torch.randn(3, 1, requires_grad=True)   # Leaf
b2 = torch.randn(1, requires_grad=True)      # Leaf

# Forward pass
h = x @ W1 + b1      # Intermediate tensor (not leaf)
a = torch.relu(h)    # Intermediate
y = a @ W2 + b2      # Final output

# %% Sketch after In [12]: its values, its leaves and its gradients
print(h)
print(a)
print(y)
print([t.is_leaf for t in (x, W1, b1, h, a, W2, b2, y)])
y.backward()
print(W1.grad, b1.grad, W2.grad, b2.grad)

# %% Sketch after In [12]: "explicitly calling t2.retain_grad()"
t2 = t1 + 2
t2.retain_grad()
t4 = (2*t2**2).mean()
t4.backward()
t2.grad

# %% Sketch after In [12]: "or torch.autograd.grad(t4, t2) -- d(t4)/d(t2)"
t2 = t1 + 2
t4 = (2*t2**2).mean()
torch.autograd.grad(t4, t2)

# %% Sketch after In [12]: the same once more, when the graph is freed
torch.autograd.grad(t4, t2)

# %% In [13]
# consider the following case: 

t1 = torch.randn(3, requires_grad=True)
t2 = t1 + 2
t3 = 2 * t2 ** 2

# %% In [ ] after In [13]
t3.backward()

# %% Sketch before In [15]: the vector that the prose shows
v = torch.tensor([0.1, 1.0, 0.01])
t3.backward(v, retain_graph=True)
print(t1.grad)
t1.grad = None

# %% In [15]
# instead 

v = torch.ones(t3.shape[0])

t3.backward(v)

# %% In [17]
# .grad attribute stores the gradient
t1.grad

# %% Sketch before In [19]: "use `object.gard.zero_()`"
t1.gard.zero_()

# %% In [19]
# backward() accumulates the gradient for this tensor into .grad attribute.
# !!! We need to be careful during optimization !!!
# Use .zero_() to empty the gradients before a new optimization step!
weights = torch.ones(4, requires_grad=True)

for epoch in range(2):
    # just a dummy example
    model_output = (weights*3).sum()
    model_output.backward()
    
    print(weights.grad)

    # optimize model, i.e. adjust weights...
    with torch.no_grad():
        weights -= 0.1 * weights.grad

    # this is important! It affects the final weights & output
    weights.grad.zero_()

print(weights)
print(model_output)

# %% Sketch after In [19]: two changes in place were counted
weights._version

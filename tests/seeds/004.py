# ruff: noqa
# fmt: off
# (No tool touches this file: the spelling is the source's.)
# The code of "PyTorch Tutorial 03 - Gradient Calculation With Autograd": the fenced blocks of its
# text, in their order and spelling. They have no prompts, so they are numbered. The misspelt lines
# (`z.nackward()`, `true`, `toch`) stay: they fail, and both engines must fail alike.

# %% Block 1
import torch
x = torch.randn(3)
print(x)

# If we need to Calcualte gradients of some fucntion w.r.t. x, we give additonal arguemnts to tensor
x = torch.randn(3, requires_grad=True)
print(x)

# %% Block 2
y = x + 2 

# %% Block 3
print(x)
# >>>tensor([ 0.1585,  0.1784, -1.3230], requires_grad=True)
print(y) #  Gadient fucntion is AddBackward
#>>>tensor([2.1585, 2.1784, 0.6770], grad_fn=<AddBackward0>)

z = y*y*2
print(z) # Gadient fucntion is MulBackward0
#>>>tensor([9.3183, 9.4910, 0.9166], grad_fn=<MulBackward0>)

# if z is scalar
z = z.mean()
print(z) # Gadient fucntion is MeanBackward0
#>>>tensor(6.5753, grad_fn=<MeanBackward0>)

# to calculate gradients, we jsut need to do
z.backward() # Calcualte graditnet of z w.r.t. x dz/dx
print(x.grad)

# if z is vector. In the backgraound it a jacobian vector product so we have to give vecctor
z = y*y*2
z.nackward() # it will give error. So we have to give vector of same size
v = torch.tensor([0.1, 1.0, 0.001], dtype=torch.float32)
z.backward(v) #dz/dx

# %% Sketch: the line of block 3 that is misspelt, as it was meant
z.backward()

# %% Sketch: the lines of block 3 behind the misspelt one
v = torch.tensor([0.1, 1.0, 0.001], dtype=torch.float32)
z.backward(v) #dz/dx
print(x.grad)

# %% Block 4
# x.requires_grad_(False)
# x.detach()
# with torch.no_grad():

x = torch.randn(3, requires_grad=True)
print(x)
    
x.requires_grad_(False) # rememebr whenever we have fucntion with underscore at the end it will modify our varaible inplace.
print(x)

y = x.detach()
print(y)

with torch.no_grad():
    y = x + 2
    print(y)

# %% Block 5
weights = torch.ones(4, requires_grad=true)

for epoch in range(1):
    model_output = (weights*3).sum()
    model_output.backward()
    print(weights.grad)
    
for epoch in range(2):
    model_output = (weights*3).sum()
    model_output.backward()
    print(weights.grad)

# %% Sketch: block 5 with True
weights = torch.ones(4, requires_grad=True)

for epoch in range(1):
    model_output = (weights*3).sum()
    model_output.backward()
    print(weights.grad)
    
for epoch in range(2):
    model_output = (weights*3).sum()
    model_output.backward()
    print(weights.grad)

# %% Block 6
for epoch in range(2):
    model_output = (weights*3).sum()
    model_output.backward()
    
    print(weights.grad)
    
    weights.grad.zero_()
    
    print(weights.grad)

# later we will work on pytorch builtin optimizer. So we have to do the same.
weights = torch.ones(4, requires_grad=true)
optimizer = toch.optim.SGD(weights, lr=0.01)
optimizer.step()
optimizer.zero_grad()

# %% Sketch: the second misspelt line of block 6
optimizer = toch.optim.SGD(weights, lr=0.01)

# %% Sketch: the end of block 6 with True and torch
weights = torch.ones(4, requires_grad=True)
optimizer = torch.optim.SGD(weights, lr=0.01)
optimizer.step()
optimizer.zero_grad()

# %% Sketch: the end of block 6 with the list that SGD wants, and before any gradient
optimizer = torch.optim.SGD([weights], lr=0.01)
optimizer.step()
optimizer.zero_grad()
print(weights, weights.grad)

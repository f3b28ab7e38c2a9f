# ruff: noqa
# fmt: off
# (No tool touches this file: the spelling is the source's.)
# The code of "Gradient_calculation_with_Autograd", cell by cell, in the order and spelling of the
# source. Each cell is named by its prompt there; the figures and the prose are left out.

# %% In [1]
import torch

# %% In [2]
x = torch.randn(3)
print(x)

# %% In [3]
x = torch.randn(3, requires_grad = True) # x wants gradients computed on any calculation its involved in...
print(x)

# %% In [4]
y = x + 2
print(y)

# %% In [5]
# Some more operations...
z = y * y * 2
print(z)

# %% In [6]
z = z.mean()
print(z)

# %% In [7]
z.backward() # This will calculate the gradient of z with respect to x...

# %% In [8]
x.grad

# %% In [9]
x = torch.randn(3, requires_grad = True)
print(x)

# %% In [10]
y = x + 2
print(y)

# %% In [11]
z = y * y * 2
print(z)

# %% In [12]
try:
    z.backward()
except Exception as e:
    print(e)
    
    
# Notice the Runtime error...

# %% In [13]
v = torch.tensor([0.1, 1.0, 0.001], dtype = torch.float32) # The vector to be passed to the backward function...

# %% In [14]
try:
    z.backward(v)
    print(z)
    print('\n\n')
    print('Gradients :-')
    print(x.grad)
except Exception as e:
    print(e)

# %% In [21]
# 1) x.requires_grad(False)
x = torch.randn(3, requires_grad = True)
print(x)

x.requires_grad_(False)
print(x)

# %% In [22]
# 2) x.detach()
x = torch.randn(3, requires_grad = True)
print(x)

y = x.detach()
print(y)

# %% In [23]
# 3) with torch.no_grad():
x = torch.randn(3, requires_grad = True)
print(x)

with torch.no_grad():
    y = x + 2
    print(y)

# %% In [ ] before In [27]
# pop = torch.ones(4, requires_grad = True)
# print((pop*3).sum())

# %% In [27]
weights = torch.ones(4, requires_grad = True) #  <--------  

for epoch in range(1): 
    model_output = (weights*3).sum()
    
    model_output.backward()
    
    print(weights.grad)  # Gradient values

# %% In [28]
weights = torch.ones(4, requires_grad = True) #  <--------  

for epoch in range(2): # Changing number of iterations to 2...
    model_output = (weights*3).sum()
    
    model_output.backward()
    
    print(weights.grad)  # Gradient values

# %% In [29]
weights = torch.ones(4, requires_grad = True) #  <--------  

for epoch in range(3): # Changing number of iterations to 3...
    model_output = (weights*3).sum()
    
    model_output.backward()
    
    print(weights.grad)  # Gradient values

# %% In [30]
weights = torch.ones(4, requires_grad = True) #  <--------  

for epoch in range(3): 
    model_output = (weights*3).sum()
    
    model_output.backward()
    
    print(weights.grad)  # Gradient values
    
    weights.grad.zero_()

# %% Sketch of In [ ] before In [27], without its comment signs
pop = torch.ones(4, requires_grad = True)
print((pop*3).sum())

# %% Sketch of In [21]'s comment: there is no such method, the flag is not callable
x.requires_grad(False)

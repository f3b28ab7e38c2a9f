# A loop that never ends: it counts a fraction down to 0.

# %% name="add"
def add_vjp(g, a, b):
    return g, g


# %% name="sub"
def sub_vjp(g, a, b):
    return g, -g


# %% name="rsub"
def rsub_vjp(g, a, c):
    return -g


# %% name="mul"
def mul_vjp(g, a, b):
    return g * b, g * a


# %% name="pow"
def pow_vjp(g, a, n):
    slope, left = n, n - 1
    while left != 0:
        slope = slope * a
        left = left - 1
    return g * slope


# %% name="sum"
def sum_vjp(g, a):
    return g * np.ones_like(a)


# %% name="mean"
def mean_vjp(g, a):
    return g * np.ones_like(a) / a.size


# %% name="relu"
def relu_vjp(g, a):
    return g * (a > 0)

# Mistakes: lost signs, and a relu that is open at 0.

# %% name="add"
def add_vjp(g, a, b):
    return g, g


# %% name="sub"
def sub_vjp(g, a, b):
    return g, g


# %% name="rsub"
def rsub_vjp(g, a, c):
    return g


# %% name="mul"
def mul_vjp(g, a, b):
    return g * b, g * a


# %% name="pow"
def pow_vjp(g, a, n):
    return g * n * a ** (n - 1)


# %% name="sum"
def sum_vjp(g, a):
    return g + np.zeros_like(a)


# %% name="mean"
def mean_vjp(g, a):
    return (g + np.zeros_like(a)) / a.size


# %% name="relu"
def relu_vjp(g, a):
    return np.where(a < 0, 0, g)

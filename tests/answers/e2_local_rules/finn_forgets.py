# Mistakes: g dropped, a shape lost, a mean that is a sum.

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
    return b, a


# %% name="pow"
def pow_vjp(g, a, n):
    return n * a ** (n - 1)


# %% name="sum"
def sum_vjp(g, a):
    return g


# %% name="mean"
def mean_vjp(g, a):
    return np.full_like(a, g)


# %% name="relu"
def relu_vjp(g, a):
    return g * (a > 0)

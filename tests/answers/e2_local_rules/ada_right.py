# Right, in the plainest way.

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
    return n * a ** (n - 1) * g


# %% name="sum"
def sum_vjp(g, a):
    return g * np.ones(a.shape)


# %% name="mean"
def mean_vjp(g, a):
    return np.full(a.shape, g / a.size)


# %% name="relu"
def relu_vjp(g, a):
    return np.where(a > 0, g, 0)

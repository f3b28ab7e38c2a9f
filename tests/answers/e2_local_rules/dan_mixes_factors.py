# Mistakes: wrong factors, and an exponent that stays.

# %% name="add"
def add_vjp(g, a, b):
    return g * a, g * b


# %% name="sub"
def sub_vjp(g, a, b):
    return g, -g


# %% name="rsub"
def rsub_vjp(g, a, c):
    return -g


# %% name="mul"
def mul_vjp(g, a, b):
    return g * a, g * b


# %% name="pow"
def pow_vjp(g, a, n):
    return g * n * a**n


# %% name="sum"
def sum_vjp(g, a):
    return g * np.ones_like(a)


# %% name="mean"
def mean_vjp(g, a):
    return g * np.ones_like(a) / len(a.flatten())


# %% name="relu"
def relu_vjp(g, a):
    return g * (a > 0)

# Right: cells of her own with magics, helpers and a drawing.

# %%
# %matplotlib inline
# !ls
import matplotlib.pyplot as plt


# %%
def like(value, a):
    """A single number in the shape of a."""
    return np.broadcast_to(value, np.shape(a))


def scaled(g, *slopes):
    return tuple(g * slope for slope in slopes)


# %%
x = np.linspace(-2, 2, 101)
plt.plot(x, np.maximum(x, 0), label="relu")
plt.plot(x, x > 0, label="its slope")
plt.legend()
plt.show()


# %% name="add"
def add_vjp(g, a, b):
    return scaled(g, 1, 1)


# %% name="sub"
def sub_vjp(g, a, b):
    return scaled(g, 1, -1)


# %% name="rsub"
def rsub_vjp(g, a, c):
    return sub_vjp(g, c, a)[1]


# %% name="mul"
def mul_vjp(g, a, b):
    return scaled(g, b, a)


# %% name="pow"
def pow_vjp(g, a, n):
    if n == 0:
        return np.zeros_like(a)
    return g * n * np.power(a, n) / a


# %% name="sum"
def sum_vjp(g, a):
    return like(g, a)


# %% name="mean"
def mean_vjp(g, a):
    return sum_vjp(g, a) / np.prod(a.shape)


# %%
# %timeit -n 10 mean_vjp(np.array(1.0), np.ones((3, 4)))


# %% name="relu"
def relu_vjp(g, a):
    return np.heaviside(a, 0) * g

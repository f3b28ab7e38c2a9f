# Right: lists, float64, writes in place, warnings on stderr.

# %%
import sys
import warnings

print("I am thinking about it ...", file=sys.stderr)


# %% name="add"
def add_vjp(g, a, b):
    warnings.warn("is this really all?", stacklevel=1)
    return [g, g]


# %% name="sub"
def sub_vjp(g, a, b):
    return [np.float64(1) * g, np.negative(g)]


# %% name="rsub"
def rsub_vjp(g, a, c):
    g *= -1
    return g


# %% name="mul"
def mul_vjp(g, a, b):
    print("mul was called", file=sys.stderr)
    grad_a = np.asarray(g, np.float64) * b
    a *= g
    return [grad_a, a]


# %% name="pow"
def pow_vjp(g, a, n):
    slope = np.log(np.array(0.0)) * 0  # a warning about dividing by zero, and a NaN nobody needs
    slope = np.asarray(a, np.float64) ** (n - 1.0)
    slope *= n
    slope *= g
    return slope


# %% name="sum"
def sum_vjp(g, a):
    a[...] = g
    return a


# %% name="mean"
def mean_vjp(g, a):
    grad = np.empty(a.shape)
    grad.fill(float(g) / a.size)
    return grad


# %% name="relu"
def relu_vjp(g, a):
    g[a <= 0] = 0
    return g

"""Five workloads, written as a user of each package would write them.

A package is a class; each of its methods prepares a workload and returns the step that is timed.
A package that lacks a method leaves that field of the table empty.
"""

import numpy as np

BATCH, PIXELS, HIDDEN, CLASSES, RATE = 64, 784, 128, 10, 0.1
CHAIN = 250  # times four operations


def lesson_input(n):
    return np.random.default_rng(0).standard_normal(n).astype(np.float32)


def pictures():
    """A batch of random pictures with labels, and the first weights of the network."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((BATCH, PIXELS)).astype(np.float32)
    labels = rng.integers(0, CLASSES, BATCH)
    sizes = [(PIXELS, HIDDEN), (HIDDEN,), (HIDDEN, CLASSES), (CLASSES,)]
    weights = [(rng.standard_normal(size) / 30).astype(np.float32) for size in sizes]
    return x, labels, weights


class NumPy:
    """Derivatives by hand: what no package can be expected to beat."""

    name = "NumPy"

    def chain(self):
        x = np.float32(1.0)

        def step():
            kept, y = [], x
            for _ in range(CHAIN):
                y = y * np.float32(1.001) + np.float32(0.1)
                kept.append(y)
                y = y * x - x
            g, gx = np.float32(1.0), np.float32(0.0)
            for y in reversed(kept):
                gx = gx + g * y - g
                g = g * x * np.float32(1.001)
            return gx + g

        return step

    def lesson(self, n):
        x = lesson_input(n)

        def step():
            y = x + 2
            z = y * y * 2
            z.mean()
            g = np.full(n, np.float32(1 / n)) * 2
            return g * y + g * y

        return step

    def network(self):
        x, labels, (w1, b1, w2, b2) = pictures()
        rows = np.arange(BATCH)

        def step():
            h = x @ w1 + b1
            a = np.maximum(h, 0)
            z = a @ w2 + b2
            e = np.exp(z - z.max(1, keepdims=True))
            p = e / e.sum(1, keepdims=True)
            loss = -np.log(p[rows, labels]).mean()
            p[rows, labels] -= 1
            p /= BATCH
            gh = (p @ w2.T) * (h > 0)
            for w, g in (w1, x.T @ gh), (b1, gh.sum(0)), (w2, a.T @ p), (b2, p.sum(0)):
                w -= RATE * g
            return loss

        return step


class Torch:
    """PyTorch, and minigrad, which is written in the same way."""

    name = "torch"
    device = "cpu"

    def __init__(self):
        import torch

        torch.set_num_threads(1)
        self.t = torch

    def wait(self):
        """Until the device is done with what it was given."""

    def chain(self):
        t = self.t
        x = t.tensor(1.0, requires_grad=True, device=self.device)

        def step():
            x.grad = None
            y = x
            for _ in range(CHAIN):
                y = y * 1.001
                y = y + 0.1
                y = y * x
                y = y - x
            y.backward()
            return x.grad

        return step

    def lesson(self, n):
        x = self.t.tensor(lesson_input(n), requires_grad=True, device=self.device)

        def step():
            x.grad = None
            y = x + 2
            z = y * y * 2
            z.mean().backward()
            return x.grad

        return step

    def network(self):
        t, (x, labels, weights) = self.t, pictures()
        nn = t.nn
        model = nn.Sequential(nn.Linear(PIXELS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, CLASSES))
        with t.no_grad():
            for parameter, weight in zip(model.parameters(), weights, strict=True):
                parameter.copy_(t.tensor(weight.T.copy()))
        model.to(self.device)
        x, labels = t.tensor(x, device=self.device), t.tensor(labels, device=self.device)
        optimizer = t.optim.SGD(model.parameters(), lr=RATE)

        def step():
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), labels)
            loss.backward()
            optimizer.step()
            return loss

        return step


class Minigrad(Torch):
    name = "minigrad"

    def __init__(self):
        import minigrad

        self.t = minigrad


class Autograd:
    """HIPS autograd: gradients are functions of functions."""

    name = "autograd"

    def __init__(self):
        import autograd
        import autograd.numpy as anp

        self.grad, self.np = autograd.grad, anp

    def chain(self):
        def function(x):
            y = x
            for _ in range(CHAIN):
                y = y * 1.001
                y = y + 0.1
                y = y * x
                y = y - x
            return y

        gradient = self.grad(function)
        return lambda: gradient(1.0)

    def lesson(self, n):
        x, anp = lesson_input(n), self.np

        def function(x):
            y = x + 2
            return anp.mean(y * y * 2)

        gradient = self.grad(function)
        return lambda: gradient(x)

    def network(self):
        x, labels, weights = pictures()
        anp, rows = self.np, np.arange(BATCH)

        def loss(weights):
            w1, b1, w2, b2 = weights
            z = anp.maximum(x @ w1 + b1, 0) @ w2 + b2
            z = z - anp.max(z, axis=1, keepdims=True)
            return anp.mean(anp.log(anp.sum(anp.exp(z), axis=1)) - z[rows, labels])

        gradient = self.grad(loss)

        def step():
            for w, g in zip(weights, gradient(weights), strict=True):
                w -= np.float32(RATE) * g

        return step


class MyGrad:
    """MyGrad: tensors with a backward method."""

    name = "MyGrad"

    def __init__(self):
        import mygrad
        from mygrad.nnet import softmax_crossentropy

        self.m, self.cross_entropy = mygrad, softmax_crossentropy

    def chain(self):
        x = self.m.tensor(1.0)

        def step():
            y = x
            for _ in range(CHAIN):
                y = y * 1.001
                y = y + 0.1
                y = y * x
                y = y - x
            y.backward()
            return x.grad

        return step

    def lesson(self, n):
        x = self.m.tensor(lesson_input(n))

        def step():
            y = x + 2
            z = y * y * 2
            z.mean().backward()
            return x.grad

        return step

    def network(self):
        x, labels, weights = pictures()
        m = self.m
        weights = [m.tensor(w) for w in weights]

        def step():
            w1, b1, w2, b2 = weights
            loss = self.cross_entropy(m.maximum(x @ w1 + b1, 0) @ w2 + b2, labels)
            loss.backward()
            for w in weights:
                w.data -= RATE * w.grad
            return loss

        return step


class Micrograd:
    """micrograd: numbers only."""

    name = "micrograd"

    def __init__(self):
        from micrograd.engine import Value

        self.Value = Value

    def chain(self):
        def step():
            x = self.Value(1.0)
            y = x
            for _ in range(CHAIN):
                y = y * 1.001
                y = y + 0.1
                y = y * x
                y = y - x
            y.backward()
            return x.grad

        return step


class TorchCuda(Torch):
    name = "torch cuda"
    device = "cuda"

    def __init__(self):
        super().__init__()
        if not self.t.cuda.is_available():
            raise ImportError("torch sees no CUDA device")
        self.wait = self.t.cuda.synchronize


class MinigradCuda(Minigrad):
    name = "minigrad cuda"
    device = "cuda"

    def __init__(self):
        super().__init__()
        if not self.t.cuda.is_available():
            raise ImportError("minigrad sees no CUDA device, or CuPy is not installed")
        import cupy

        self.wait = cupy.cuda.get_current_stream().synchronize


PACKAGES = [NumPy, Minigrad, Torch, Autograd, MyGrad, Micrograd, MinigradCuda, TorchCuda]

# What is shown, the method and its arguments, how many steps make one measurement, and what we
# promise as a part of torch's time.
WORKLOADS = [
    ("chain of 1000 operations", "chain", (), 2, 0.65),
    ("lesson, n = 3", "lesson", (3,), 100, 0.65),
    ("lesson, n = 1,000", "lesson", (1_000,), 100, 0.65),
    ("lesson, n = 1,000,000", "lesson", (1_000_000,), 1, 1.0),
    ("network 64 x (784-128-10)", "network", (), 5, 0.80),
]

"""nn: weights, outputs, gradients, state, text and errors are torch's."""

import copy
import subprocess
import sys

import numpy as np
import pytest
import torch
from test_texts import outcome

import minigrad
from minigrad import nn

ENGINES = (torch, minigrad)


def both(function, seed=0):
    """What a function gives with torch and with minigrad, after the same seed."""
    found = []
    for t in ENGINES:
        t.manual_seed(seed)
        found.append(function(t))
    return found


def ulps(ours, theirs):
    """The largest distance in units of the last digit of the largest number."""
    a, b = ours.detach().numpy(), theirs.detach().numpy()
    assert a.dtype == b.dtype and a.shape == b.shape
    return np.abs(a - b).max() / np.spacing(np.abs(b).max()) if a.size else 0


# --- first weights --------------------------------------------------------------------------------

LAYERS = {
    "Linear(3, 2)": lambda t: t.nn.Linear(3, 2),
    "Linear(40, 30)": lambda t: t.nn.Linear(40, 30),
    "Linear without bias": lambda t: t.nn.Linear(5, 4, bias=False),
    "Linear in float64": lambda t: t.nn.Linear(7, 9, dtype=t.float64),
    "Embedding": lambda t: t.nn.Embedding(10, 7),
    "Embedding with padding": lambda t: t.nn.Embedding(4, 3, padding_idx=-2),
    "LayerNorm": lambda t: t.nn.LayerNorm((2, 3)),
    "network": lambda t: t.nn.Sequential(
        t.nn.Linear(4, 8), t.nn.ReLU(), t.nn.LayerNorm(8), t.nn.Linear(8, 2)
    ),
}


@pytest.mark.parametrize("seed", [0, 1, 12345])
@pytest.mark.parametrize("name", LAYERS)
def test_same_seed_same_weights(name, seed):
    theirs, ours = both(lambda t: list(LAYERS[name](t).named_parameters()), seed)
    assert [key for key, _ in ours] == [key for key, _ in theirs]
    for (_, a), (_, b) in zip(ours, theirs, strict=True):
        assert ulps(a, b) <= 2


INITS = {
    "uniform_": (lambda t, x: t.nn.init.uniform_(x, -2, 3)),
    "normal_": (lambda t, x: t.nn.init.normal_(x, 1, 2)),
    "constant_": (lambda t, x: t.nn.init.constant_(x, 0.3)),
    "kaiming_uniform_": (lambda t, x: t.nn.init.kaiming_uniform_(x, mode="fan_out")),
    "kaiming_normal_": (lambda t, x: t.nn.init.kaiming_normal_(x, nonlinearity="relu")),
    "xavier_uniform_": (lambda t, x: t.nn.init.xavier_uniform_(x, gain=2)),
    "xavier_normal_": (lambda t, x: t.nn.init.xavier_normal_(x)),
    "of one dimension": (lambda t, x: t.nn.init.xavier_normal_(x[0])),
    "unknown mode": (lambda t, x: t.nn.init.kaiming_normal_(x, mode="fan")),
    "unknown nonlinearity": (lambda t, x: t.nn.init.calculate_gain("wobble")),
    "gains": (lambda t, x: [t.nn.init.calculate_gain(n) for n in ("tanh", "relu", "leaky_relu")]),
}


@pytest.mark.parametrize("name", INITS)
def test_init(name):
    def run(t):
        t.manual_seed(0)
        x = t.zeros(3, 5, requires_grad=True)
        result = INITS[name](t, x)
        if result is not x:
            return result
        return (result.detach() * 1e4).round().tolist(), x.is_leaf, x._version

    assert outcome(run, minigrad) == outcome(run, torch)


# --- outputs and gradients ------------------------------------------------------------------------


def module(name, *args, shape=(3, 4, 5), **options):
    return lambda t: (getattr(t.nn, name)(*args, **options), t.randn(shape))


def loss(name, *args, target="same", **options):
    def make(t):
        function = getattr(t.nn, name)(*args, **options)
        x = t.randn(3, 4)
        y = {
            "same": lambda: t.rand(3, 4),
            "classes": lambda: t.randint(0, 4, (3,)),
        }[target]()
        return lambda x: function(x, y), x.sigmoid() if name == "BCELoss" else x

    return make


def weighted(name, target, *keywords):
    """A loss with tensors as options."""

    def make(t):
        options = {key: t.rand(4) for key in keywords}
        return loss(name, target=target, **options)(t)

    return make


OUTPUTS = {
    "Linear": module("Linear", 5, 2),
    "Linear of a matrix": module("Linear", 5, 2, shape=(3, 5)),
    "Linear of a vector": module("Linear", 5, 2, shape=5),
    "Linear without bias": module("Linear", 5, 2, bias=False),
    "LayerNorm": module("LayerNorm", 5),
    "LayerNorm of two": module("LayerNorm", (4, 5), eps=0.1, bias=False),
    "LayerNorm, plain": module("LayerNorm", 5, elementwise_affine=False),
    "Dropout": module("Dropout", 0.3),
    "Dropout of all": module("Dropout", 1),
    "Flatten": module("Flatten"),
    "Flatten all": module("Flatten", 0),
    "Identity": module("Identity", 7, seven=7),
    "ReLU": module("ReLU"),
    "Tanh": module("Tanh"),
    "Sigmoid": module("Sigmoid"),
    "GELU": module("GELU"),
    "GELU tanh": module("GELU", "tanh"),
    "SiLU": module("SiLU"),
    "ELU": module("ELU", 0.7),
    "LeakyReLU": module("LeakyReLU", 0.2),
    "Softplus": module("Softplus", 2, 1.5),
    "Softmax": module("Softmax", 1),
    "LogSoftmax": module("LogSoftmax", dim=-1),
    **{
        f"{name}, {reduction}": loss(name, reduction=reduction)
        for name in ("MSELoss", "L1Loss", "BCELoss", "BCEWithLogitsLoss")
        for reduction in ("mean", "sum", "none")
    },
    **{
        f"{name}, {reduction}": loss(name, reduction=reduction, target="classes")
        for name in ("NLLLoss", "CrossEntropyLoss")
        for reduction in ("mean", "sum", "none")
    },
    "NLLLoss weighted": weighted("NLLLoss", "classes", "weight"),
    "CrossEntropyLoss weighted": weighted("CrossEntropyLoss", "classes", "weight"),
    "CrossEntropyLoss of probabilities": loss("CrossEntropyLoss"),
    "CrossEntropyLoss smoothed": loss("CrossEntropyLoss", target="classes", label_smoothing=0.2),
    "CrossEntropyLoss ignoring": loss("CrossEntropyLoss", target="classes", ignore_index=2),
    "BCEWithLogitsLoss weighted": weighted("BCEWithLogitsLoss", "same", "weight", "pos_weight"),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_output_and_gradients(name):
    def run(t):
        function, x = OUTPUTS[name](t)
        x = x.detach().requires_grad_()
        y = function(x)
        (y * y.detach().cos()).sum().backward()
        parameters = function.parameters() if isinstance(function, t.nn.Module) else ()
        fn = type(y.grad_fn).__name__ if y is not x else None
        return [y, x.grad, *(p.grad for p in parameters)], fn

    (theirs, their_fn), (ours, our_fn) = both(run)
    # torch divides by a count in C++, with a row of the table that Python cannot reach
    assert our_fn == their_fn or name == "CrossEntropyLoss of probabilities"
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["ReLU", "SiLU", "ELU", "LeakyReLU", "Dropout"])
def test_in_place(name):
    def run(t):
        x = t.randn(3, 4, requires_grad=True)
        y = x * 1
        z = getattr(t.nn, name)(inplace=True)(y)
        z.sum().backward()
        return z is y, y._version, [y, x.grad]

    theirs, ours = both(run)
    assert ours[:2] == theirs[:2]
    for a, b in zip(ours[2], theirs[2], strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-5, atol=1e-6)


def test_embedding():
    def run(t):
        layer = t.nn.Embedding(6, 3, padding_idx=1)
        y = layer(t.tensor([[0, 1, 5], [5, 2, 5]]))
        (y * y).sum().backward()
        return [y, layer.weight.grad]

    for b, a in zip(*both(run), strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-6)


def train(t):
    model = Net(t)
    optimizer = t.optim.Adam(model.parameters(), lr=0.01)
    x, y = t.randn(16, 6), t.randint(0, 3, (16,))
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = t.nn.CrossEntropyLoss()(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    return losses, model(x).detach().numpy()


def Net(t):
    """The same class in both engines."""

    class Net(t.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = t.nn.Sequential(t.nn.Linear(6, 16), t.nn.Tanh(), t.nn.Dropout(0.2))
            self.blocks = t.nn.ModuleList([t.nn.Linear(16, 16), t.nn.Linear(16, 16)])
            self.heads = t.nn.ModuleDict({"a": t.nn.Linear(16, 3)})
            self.norm = t.nn.LayerNorm(16)
            self.scale = t.nn.Parameter(t.ones(3))
            self.nothing = t.nn.Sequential()
            self.register_buffer("shift", t.zeros(3))
            self.register_buffer("secret", t.zeros(2), persistent=False)
            self.register_parameter("absent", None)
            self.factor = 2.0

        def forward(self, x):
            x = self.inner(x)
            for block in self.blocks:
                x = block(x).relu() + x
            return self.heads["a"](self.norm(x)) * self.scale * self.factor + self.shift

    return Net()


def test_training_is_the_same_to_the_last_digits():
    (losses, out), (our_losses, our_out) = both(train)
    np.testing.assert_allclose(our_losses, losses, rtol=2e-5)
    np.testing.assert_allclose(our_out, out, rtol=1e-3, atol=1e-4)
    assert losses[-1] < losses[0] / 2


# --- state ----------------------------------------------------------------------------------------


def test_state_goes_both_ways():
    torch.manual_seed(0)
    minigrad.manual_seed(1)
    theirs, ours = Net(torch), Net(minigrad)
    x = np.random.default_rng(0).normal(size=(4, 6)).astype("float32")

    def out(model, t):
        return model.eval()(t.from_numpy(x)).detach().numpy()

    assert np.abs(out(theirs, torch) - out(ours, minigrad)).max() > 0.01
    assert repr(ours.load_state_dict(theirs.state_dict())) == "<All keys matched successfully>"
    np.testing.assert_allclose(out(ours, minigrad), out(theirs, torch), rtol=1e-5, atol=1e-6)

    ours = Net(minigrad)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    theirs.load_state_dict({k: torch.from_numpy(v.numpy()) for k, v in ours.state_dict().items()})
    np.testing.assert_allclose(out(theirs, torch), out(ours, minigrad), rtol=1e-5, atol=1e-6)


def test_loading_copies_and_keeps_the_type():
    layer = nn.Linear(2, 1)
    weight = layer.weight
    values = {"weight": np.array([[1.0, 2.0]]), "bias": torch.tensor([3.0], requires_grad=True)}
    layer.load_state_dict(values)
    assert layer.weight is weight and weight.requires_grad and weight.is_leaf
    assert weight.dtype is minigrad.float32 and weight.tolist() == [[1.0, 2.0]]
    values["weight"][0, 0] = 7
    assert weight.tolist() == [[1.0, 2.0]]
    layer.load_state_dict(values, assign=True)
    assert layer.weight.dtype is minigrad.float64


def test_state_dict_shares_memory():
    layer = nn.Linear(2, 1)
    state = layer.state_dict()
    with minigrad.no_grad():
        layer.weight.zero_()
    assert state["weight"].tolist() == [[0.0, 0.0]] and not state["weight"].requires_grad
    assert layer.state_dict(keep_vars=True, prefix="a.")["a.weight"] is layer.weight


def test_deepcopy():
    model = Net(minigrad)
    other = copy.deepcopy(model)
    assert repr(other) == repr(model)
    model.scale.grad = minigrad.ones(3)
    assert copy.deepcopy(model).scale.grad.tolist() == [1.0, 1.0, 1.0]
    for a, b in zip(model.parameters(), other.parameters(), strict=True):
        assert type(b) is nn.Parameter and b is not a and b.tolist() == a.tolist()
        assert not np.shares_memory(a.detach().numpy(), b.detach().numpy())


# --- text, walking, errors: asked of both ---------------------------------------------------------

CASES = {}


def case(function):
    assert function.__name__ not in CASES
    CASES[function.__name__] = function
    return function


@pytest.mark.parametrize("name", CASES)
def test_case(name):
    def run(t):
        t.manual_seed(0)
        return CASES[name](t)

    assert outcome(run, minigrad) == outcome(run, torch)


def linear(t):
    return t.nn.Linear(2, 3)


def two(t):
    return t.nn.Sequential(t.nn.Linear(2, 3), t.nn.ReLU(), t.nn.Linear(3, 1))


@case
def repr_of_a_network(t):
    return Net(t)


@case
def repr_of_layers(t):
    n = t.nn
    return [
        n.Linear(2, 3), n.Linear(2, 3, bias=False), n.Embedding(3, 4), n.Embedding(3, 4, 1),
        n.LayerNorm(3), n.LayerNorm((2, 3), 0.1, False), n.Dropout(0.2), n.Dropout(inplace=True),
        n.Flatten(), n.Flatten(0, 1), n.Identity(3),
    ]  # fmt: skip


@case
def repr_of_activations_and_losses(t):
    n = t.nn
    return [
        n.ReLU(), n.ReLU(True), n.SiLU(), n.SiLU(True), n.LeakyReLU(), n.LeakyReLU(0.2, True),
        n.ELU(), n.ELU(2.0, True), n.GELU(), n.GELU("tanh"), n.Softplus(), n.Softplus(2, 3),
        n.Tanh(), n.Sigmoid(), n.Softmax(1), n.LogSoftmax(-1), n.MSELoss(), n.L1Loss(),
        n.NLLLoss(), n.CrossEntropyLoss(), n.BCELoss(), n.BCEWithLogitsLoss(),
    ]  # fmt: skip


@case
def repr_of_containers(t):
    n = t.nn
    nested = n.Sequential(n.Sequential(n.Linear(1, 1), n.ReLU()), n.ModuleList([n.ReLU()] * 3))
    runs = n.ModuleList([n.ReLU(), n.ReLU(), n.Tanh(), n.ReLU(), n.Linear(1, 1), n.Linear(1, 1)])
    return [
        nested,
        runs,
        n.ModuleList(),
        n.ModuleDict(),
        n.Sequential(),
        n.ModuleDict({"a": nested}),
    ]


@case
def repr_with_lines_of_its_own(t):
    class Odd(t.nn.Module):
        def extra_repr(self):
            return "one\ntwo"

    odd = Odd()
    odd.child = t.nn.ReLU()
    return odd, Odd()


@case
def repr_of_parameters(t):
    p = t.nn.Parameter
    return (
        p(t.ones(2)),
        p(t.ones(2), requires_grad=False),
        p(),
        [p(t.zeros(1, 2))],
        p(t.tensor(1.5)),
    )


@case
def results_are_plain_tensors(t):
    p = t.nn.Parameter(t.ones(2))
    results = (p * 2, p.data, p.detach(), p[0], p.double(), p + p, p.clone())
    p.grad = t.ones(2)
    return [type(x) is t.Tensor for x in (*results, p.grad)], type(p.requires_grad_()) is type(p)


@case
def a_parameter_is_a_leaf(t):
    x = t.ones(2, requires_grad=True) * 2
    p = t.nn.Parameter(x)
    (p * p).sum().backward()
    return p.is_leaf, p.requires_grad, p.grad, p.grad_fn, isinstance(p, t.Tensor), p._version


@case
def parameter_of_integers(t):
    t.nn.Parameter(t.ones(2).long())


@case
def names(t):
    net = Net(t)
    return (
        [name for name, _ in net.named_modules()],
        [name for name, _ in net.named_children()],
        [name for name, _ in net.named_parameters()],
        [name for name, _ in net.named_buffers()],
        [name for name, _ in net.named_parameters(prefix="p", recurse=False)],
        list(net.state_dict()),
        len(list(net.modules())), len(list(net.children())), len(list(net.buffers())),
    )  # fmt: skip


@case
def shared_modules_come_once(t):
    layer = t.nn.Linear(1, 1)
    net = t.nn.Sequential(layer, layer)
    other = t.nn.Linear(1, 1)
    other.weight = layer.weight
    net.append(other)
    return (
        [name for name, _ in net.named_modules()],
        [name for name, _ in net.named_parameters()],
        [name for name, _ in net.named_parameters(remove_duplicate=False)],
        list(net.state_dict()),
        net.load_state_dict(net.state_dict()),
    )


@case
def train_and_eval(t):
    net = Net(t)
    before = [m.training for m in net.modules()]
    returned = net.eval() is net
    return before, returned, [m.training for m in net.modules()], net.train() is net, net.training


@case
def train_with_a_word(t):
    linear(t).train("yes")


@case
def apply(t):
    seen = []
    two(t).apply(lambda m: seen.append(type(m).__name__))
    return seen


@case
def requires_grad_and_zero_grad(t):
    net = two(t)
    net(t.ones(1, 2)).sum().backward()
    given = [p.grad is not None for p in net.parameters()]
    net.zero_grad(set_to_none=False)
    zeros = [p.grad.abs().sum().item() for p in net.parameters()]
    net.zero_grad()
    gone = [p.grad for p in net.parameters()]
    return given, zeros, gone, [p.requires_grad for p in net.requires_grad_(False).parameters()]


@case
def conversion(t):
    net = Net(t)
    old = net(t.ones(1, 6)).sum()  # its graph lives on
    old.backward(retain_graph=True)
    first = net.scale
    same = net.to(t.float64) is net and net.scale is first
    kinds = {p.dtype for p in net.parameters()} | {b.dtype for b in net.buffers()}
    grads = {p.grad.dtype for p in net.parameters()}
    y = net(t.ones(1, 6, dtype=t.float64))
    net.zero_grad()
    y.sum().backward()
    grads |= {p.grad.dtype for p in net.parameters()}
    return same, kinds, grads, y.dtype, net.float().scale.dtype, net.half().scale.dtype


@case
def conversion_to_integers(t):
    linear(t).to(t.int64)


@case
def forward_hooks(t):
    seen = []
    layer = t.nn.Identity()
    pre = layer.register_forward_pre_hook(lambda m, inputs: seen.append(inputs) or (inputs[0] + 1,))
    layer.register_forward_hook(lambda m, inputs, out: seen.append((inputs, out)) or out * 10)
    first = layer(t.ones(1))
    pre.remove()
    return first, layer(t.ones(1)), seen


@case
def get_by_dotted_name(t):
    net = Net(t)
    return net.get_submodule("inner.0"), net.get_parameter("heads.a.bias").shape, net.blocks[1]


@case
def get_what_is_not_there(t):
    Net(t).get_submodule("inner.7")


@case
def get_a_parameter_that_is_none(t):
    two(t).get_parameter("0.scale")


@case
def sequential_is_a_list(t):
    net = two(t)
    net[1] = t.nn.Tanh()
    del net[0]
    return len(net), net, net[-1], net[:1], [type(m).__name__ for m in net], net.append(t.nn.ReLU())


@case
def sequential_of_names(t):
    from collections import OrderedDict

    net = t.nn.Sequential(OrderedDict([("a", t.nn.ReLU()), ("b", t.nn.Tanh())]))
    return net, net.a, net[1:]


@case
def sequential_index(t):
    two(t)[3]


@case
def module_list(t):
    modules = t.nn.ModuleList([t.nn.ReLU()])
    modules.append(t.nn.Tanh()).extend([t.nn.Sigmoid()])
    modules.insert(1, t.nn.Linear(1, 1))
    modules[0] = t.nn.Identity()
    return modules, modules[1:], len(modules), list(modules.state_dict()), modules[-1]


@case
def module_dict(t):
    modules = t.nn.ModuleDict({"a": t.nn.ReLU()})
    modules["b"] = t.nn.Linear(1, 1)
    modules.update({"c": t.nn.Tanh()})
    del modules["a"]
    return modules, list(modules), list(modules.keys()), "b" in modules, len(modules), modules["b"]


@case
def module_list_is_not_called(t):
    t.nn.ModuleList([t.nn.ReLU()])(t.ones(1))


@case
def attributes(t):
    net = linear(t)
    before = [name for name, _ in net.named_parameters()]
    net.bias = None
    del net.weight
    net.bias = t.nn.Parameter(t.ones(1))
    net.child = t.nn.ReLU()
    net.child = None
    net.label = "x"
    return before, [name for name, _ in net.named_parameters()], net, hasattr(net, "weight")


def bad(name):
    def add(function):
        CASES[name] = function
        return function

    return add


BAD = {
    "load other names": lambda t: linear(t).load_state_dict({"w": t.ones(1), "bias": t.ones(2)}),
    "load nothing": lambda t: two(t).load_state_dict({}),
    "load a number": lambda t: two(t).load_state_dict({"0.weight": 3, "q": 1}, strict=False),
    "load not strictly": lambda t: two(t).load_state_dict({"x": 1}, strict=False),
    "load a list": lambda t: two(t).load_state_dict([1]),
    "load what is None": lambda t: t.nn.Linear(1, 1, bias=False).load_state_dict(
        {"weight": t.ones(1, 1), "bias": t.ones(1)}
    ),
    "unknown attribute": lambda t: two(t).foo,
    "no forward": lambda t: t.nn.Module()(1),
    "tensor for parameter": lambda t: setattr(linear(t), "weight", t.ones(1)),
    "tensor for module": lambda t: setattr(two(t), "0", t.ones(1)),
    "number for buffer": lambda t: setattr(Net(t), "shift", 3),
    "parameter with a dot": lambda t: t.nn.Module().register_parameter("a.b", None),
    "parameter without a name": lambda t: t.nn.Module().register_parameter("", None),
    "parameter that exists": lambda t: t.nn.Module().register_parameter("forward", None),
    "parameter from a tensor": lambda t: t.nn.Module().register_parameter("a", t.ones(1)),
    "module from a number": lambda t: t.nn.Module().add_module("a", 3),
    "sequential of a number": lambda t: t.nn.Sequential(3),
    "dropout of 2": lambda t: t.nn.Dropout(2.0),
    "padding outside": lambda t: t.nn.Embedding(3, 2, padding_idx=3),
    "no inputs": lambda t: t.nn.Linear(0, 2),
    "linear of wrong width": lambda t: linear(t)(t.ones(4, 5)),
    "linear of wrong width, 3-D": lambda t: linear(t)(t.ones(2, 4, 5)),
    "loss of other shape": lambda t: t.nn.MSELoss()(t.ones(2), t.ones(2, 1)),
    "unknown reduction": lambda t: t.nn.L1Loss(reduction="max")(t.ones(2), t.ones(2)),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_refusal(name):
    assert outcome(BAD[name], minigrad) == outcome(BAD[name], torch)


def test_buffer_of_a_number():
    with pytest.raises(TypeError, match="cannot assign 'int' object to buffer 'a'"):
        nn.Module().register_buffer("a", 3)


def test_init_forgotten():
    for value in (lambda t: t.nn.ReLU(), lambda t: t.nn.Parameter(t.ones(1))):

        def run(t, value=value):
            class Forgot(t.nn.Module):
                def __init__(self):
                    self.part = value(t)

            Forgot()

        assert outcome(run, minigrad) == outcome(run, torch)


def test_a_parameter_of_a_list_is_refused_kindly():
    with pytest.raises(
        TypeError, match=r"made of a tensor, not of list\nWrite Parameter\(minigrad"
    ):
        nn.Parameter([1.0, 2.0])


def test_nn_is_imported_when_it_is_used():
    code = (
        "import sys, minigrad; assert 'minigrad.nn' not in sys.modules; "
        "minigrad.nn.Linear; assert 'minigrad.nn' in sys.modules; "
        "import minigrad.nn.functional as F; assert F.relu"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_layers_gradient_is_laid_out_like_its_weights_and_shared_with_nobody():
    layer, kept = nn.Linear(4, 3), []
    x = minigrad.ones(6, 4)
    layer(x).sum().backward()
    assert layer.weight.grad.is_contiguous()
    turned = layer.weight.t()
    turned.register_hook(kept.append)
    minigrad.addmm(layer.bias, x, turned).sum().backward()
    for first, second in ((1.0, 2.0), (2.0, 1.0)):  # two leaves that one array reaches as views
        a, b = (minigrad.tensor([n, 0.0], requires_grad=True) for n in (first, second))
        c = a.view(2, 1) + b.view(2, 1)
        (c * c).sum().backward()
        kept += [a.grad, b.grad]
    arrays = [layer.weight.grad.numpy(), *(g.numpy() for g in kept)]
    for i, one in enumerate(arrays):
        assert not any(np.shares_memory(one, other) for other in arrays[i + 1 :])


@pytest.mark.parametrize("sizes", [(2, 3, 8), (8, 3, 2)])
@pytest.mark.parametrize("beta, alpha", [(1, 1), (0, 1), (1, 2)])
def test_a_wide_product_is_in_memory_row_by_row(sizes, beta, alpha):
    rows, inner, columns = sizes
    x, w = minigrad.randn(rows, inner), minigrad.randn(columns, inner)
    result = minigrad.addmm(minigrad.randn(columns), x, w.t(), beta=beta, alpha=alpha)
    assert result.is_contiguous() and result.stride() == (columns, 1)

"""Which module made an operation: never a wrong one, and as deep as the parameters tell."""

from collections import Counter
from contextlib import contextmanager

import pytest
import torch

import minigrad
from minigrad.autograd import graph
from minigrad.explore import record
from minigrad.explore.trace import Reader, read

LIBRARIES = pytest.mark.parametrize("library", [minigrad, torch], ids=["minigrad", "torch"])


def small(lib):
    nn = lib.nn
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    return model, lib.ones(5, 3)


def encoder(norm_first: bool):
    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer(
        16, 4, 32, dropout=0.0, batch_first=True, norm_first=norm_first
    )
    model = torch.nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
    return model, torch.randn(2, 5, 16)


def decoder():
    torch.manual_seed(0)
    model = torch.nn.TransformerDecoder(torch.nn.TransformerDecoderLayer(16, 4, 32), 2)
    model.forward = lambda x, run=model.forward: run(x, x * 2)
    return model, torch.randn(5, 2, 16)


def convolutional():
    nn = torch.nn
    model = nn.Sequential(
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2)),
        nn.Sequential(nn.Conv2d(2, 4, 3), nn.GELU(), nn.Flatten()),
        nn.Linear(16, 3),
    )
    return model, torch.randn(2, 1, 10, 10)


def recurrent():
    class Cell(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.into, self.back = torch.nn.Linear(3, 4), torch.nn.Linear(4, 4, bias=False)

        def forward(self, x, h):
            return torch.tanh(self.into(x) + self.back(h))

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.head = Cell(), torch.nn.Linear(4, 1)

        def forward(self, x):
            h = torch.zeros(2, 4)
            for step in x:
                h = self.cell(step, h)
            return self.head(h.relu())

    return Net(), torch.randn(3, 2, 3)


# (model, the least share of operations whose place is found in full)
MODELS = {
    "encoder": (lambda: encoder(False), 0.8),
    "encoder, norm first": (lambda: encoder(True), 0.75),
    "decoder": (decoder, 0.85),
    "convolutional": (convolutional, 0.6),
    "recurrent": (recurrent, 0.9),
    "small, torch": (lambda: small(torch), 0.8),
    "small, minigrad": (lambda: small(minigrad), 0.8),
}


@contextmanager
def calls(model, name: str):
    """Notes for each module the sequence numbers between which it was called."""
    found = []
    original = {}

    def now() -> int:
        return (
            torch.autograd._get_sequence_nr()
            if isinstance(model, torch.nn.Module)
            else graph.next_sequence()
        )

    def watched(path, run):
        def forward(*inputs, **options):
            start = now()
            result = run(*inputs, **options)
            found.append((path, start, now()))
            return result

        return forward

    for path, module in model.named_modules():
        original[module] = module.forward
        module.forward = watched(f"{name}.{path}".strip("."), module.forward)
    yield found


@pytest.mark.parametrize("make", MODELS)
def test_no_operation_is_put_into_a_module_that_did_not_make_it(make):
    make, least = MODELS[make]
    model, inputs = make()
    model.train()
    with calls(model, "net") as found:
        out = (model(inputs) ** 2).mean()
    reader = Reader(out, {"net": model})
    trace = reader.trace()
    exact = count = 0
    for fn, place in reader.place.items():
        node = trace.nodes[place]
        if node.kind == "leaf":
            continue
        number = fn._sequence_nr()
        inside = [path for path, start, end in found if start <= number < end]
        true = max(inside, key=len, default="")
        # Torch's attention does not call its out_proj, it takes the parameters from it.
        place = node.group.removesuffix(".out_proj")
        assert f"{true}.".startswith(f"{place}.") or place == "", (node, true)
        exact += place == true
        count += 1
    print(exact, count, exact / count)
    assert exact >= least * count, (exact, count)


@LIBRARIES
def test_the_places_of_a_small_model(library):
    model, inputs = small(library)
    trace = record((model(inputs) - 1).mean(), model=model)
    ops = [(node.op, node.group) for node in trace.nodes if node.op]
    assert ops == [
        ("TBackward0", "model.0"),
        ("AddmmBackward0", "model.0"),
        ("ReluBackward0", "model"),
        ("TBackward0", "model.2"),
        ("AddmmBackward0", "model.2"),
        ("SubBackward0", ""),
        ("MeanBackward0", ""),
    ]
    leaves = {node.names: node.group for node in trace.nodes if node.kind == "leaf"}
    assert leaves == {
        ("0.weight",): "model.0",
        ("0.bias",): "model.0",
        ("2.weight",): "model.2",
        ("2.bias",): "model.2",
    }
    assert [node.group for node in trace.nodes if node.kind == "constant"] == ["model.0", ""]


@LIBRARIES
def test_the_models_among_the_callers_variables_are_found(library):
    net, inputs = small(library)
    first, weight = net[0], net[2].weight
    trace = record((net(inputs)).mean())
    assert {node.group for node in trace.nodes} == {"net.0", "net", "net.2", ""}
    assert ("weight",) in [node.names for node in trace.nodes]  # the caller's own word comes first
    assert first is net[0] and weight is net[2].weight


@LIBRARIES
def test_no_group_where_no_module_is_known(library):
    model, inputs = small(library)
    x = library.ones(3, requires_grad=True)
    for out, variables in ((model(inputs).mean(), {}), ((x * 2).sum(), {"model": model})):
        assert {node.group for node in read(out, variables).nodes} == {""}


@LIBRARIES
def test_a_frozen_layer_keeps_its_place(library):
    model, inputs = small(library)
    for parameter in model[2].parameters():
        parameter.requires_grad_(False)
    nodes = read(model(inputs).mean(), {"model": model}).nodes
    last = [node for node in nodes if node.op == "AddmmBackward0"][-1]
    assert last.group == "model.2"


@LIBRARIES
def test_what_stands_between_two_calls_of_a_layer_is_not_the_layers(library):
    layer = library.nn.Linear(3, 3)
    out = layer(layer(library.ones(2, 3)).tanh()).sum()
    groups = Counter((node.op, node.group) for node in read(out, {"layer": layer}).nodes if node.op)
    assert groups["AddmmBackward0", "layer"] == 2
    assert groups["TanhBackward0", ""] == 1


@LIBRARIES
def test_what_comes_out_of_a_model_and_does_not_go_back_is_not_the_models(library):
    model, inputs = small(library)
    out = (model(inputs).tanh() - model(inputs)).sum()  # the tanh is made between two calls
    groups = {node.op: node.group for node in read(out, {"model": model}).nodes if node.op}
    assert groups["TanhBackward0"] == "" and groups["ReluBackward0"] == "model"

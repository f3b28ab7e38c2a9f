"""Function: an operation with a forward and a backward of your own.

What `apply` leaves in the graph is a `FunctionNode`, whose class is made for your Function and
named after it: `SquareBackward` for `Square`. The `ctx` that your methods get is a `FunctionCtx`;
it carries what forward wants to tell backward.
"""

from __future__ import annotations

import functools
import inspect
import warnings
import weakref

from .. import devices, dtypes, errors
from ..tensor import Tensor
from .accumulate import edge_of
from .graph import Node
from .hooks import as_tensor
from .modes import modes, no_grad
from .recording import Packed


class FunctionCtx:
    """What a Function's forward leaves for its backward. Any attribute may be set on it."""

    needs_input_grad: tuple[bool, ...] = ()
    materialize_grads = True
    _to_save: tuple = ()
    _dirty: tuple = ()
    _non_differentiable: tuple = ()
    _node = staticmethod(lambda: None)  # a weak reference, once there is a node

    def save_for_backward(self, *tensors) -> None:
        """Keep inputs and outputs for backward, which reads them as `ctx.saved_tensors`.

        They are released after the pass, and backward refuses one that was changed in place. Other
        tensors may be kept too, but their part in a second derivative is lost. None is allowed.
        """
        self._to_save = tensors

    def save_for_forward(self, *tensors) -> None:
        """Accepted and ignored: minigrad has no forward mode."""

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """What `save_for_backward` kept; RuntimeError after it was released."""
        node = self._node()
        if node is None:
            return ()
        if node.saved is None:
            raise errors.freed()
        return tuple([saved and saved.unpack(node) for saved in node.saved])

    def mark_dirty(self, *tensors) -> None:
        """Say that forward changed these inputs in place; it must return them."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors) -> None:
        """Say that these outputs have no gradient."""
        self._non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """With False, backward gets None for an output without gradient, in place of zeros."""
        self.materialize_grads = value


class FunctionNode(Node):
    """The node that `Function.apply` leaves: it calls the Function's backward."""

    __slots__ = ("ctx", "device", "tensor_places")

    needs_gradient = False  # backward runs even where nothing arrives, and gets zeros
    function: type[Function]

    def apply(self, gradient, as_tensors):
        if self.outputs == 1:
            gradient = [gradient]
        elif gradient is None:
            gradient = [None] * self.outputs
        backward = self.function._backward()
        sent = backward(self.ctx, *map(self._arriving, range(self.outputs), gradient))
        sent = self._checked(sent if isinstance(sent, tuple) else (sent,))
        return sent if as_tensors else [g if g is None else g._data for g in sent]

    def _arriving(self, nr, gradient):
        """The gradient of one output as backward sees it."""
        shape, dtype = self.shape_and_dtype(nr)
        if gradient is None and shape is not None and self.ctx.materialize_grads:
            return Tensor._make(devices.array_module(self.device).zeros(shape, dtype))
        return as_tensor(gradient)

    def _checked(self, sent):
        """One gradient for each input tensor, or torch's error for what backward returned."""
        expected = len(self.ctx.needs_input_grad)
        if len(sent) > expected and all(g is None for g in sent[expected:]):
            sent = sent[:expected]
        if len(sent) != expected:
            raise errors.number_of_gradients(self.name(), expected, len(sent))
        for place, gradient in enumerate(sent):
            if gradient is not None and place not in self.tensor_places:
                raise errors.gradient_of_no_tensor(self.name(), place + 1)
            if gradient is not None and not isinstance(gradient, Tensor):
                raise errors.gradient_type(errors.type_name(gradient))
        sent = [sent[place] for place in self.tensor_places]
        for i, (edge, gradient) in enumerate(zip(self.edges, sent, strict=True)):
            if edge is not None and gradient is not None:
                target, nr = edge
                shape, _ = target.shape_and_dtype(nr)
                if not _stretches(shape, gradient._data.shape):
                    raise errors.invalid_gradient(self.name(), i, gradient.shape, shape)
        return sent

    def release(self):
        self.saved = None

    def __getattr__(self, attribute):
        """What was set on ctx can be read from the node, too."""
        if attribute == "ctx":  # not yet set
            raise AttributeError(attribute)
        return getattr(self.ctx, attribute)

    def __repr__(self):
        return f"<{__name__}.{type(self).__name__} object at {id(self):#x}>"


def _stretches(shape, larger) -> bool:
    """Whether a tensor of `shape` can be broadcast to `larger`."""
    return len(shape) <= len(larger) and all(
        n in (1, m) for n, m in zip(reversed(shape), reversed(larger), strict=False)
    )


class FunctionMeta(type):
    """Makes the classes of node and ctx that belong to a Function, both under the node's name."""

    def __init__(cls, name, bases, attributes):
        super().__init__(name, bases, attributes)
        name, names = f"{name}Backward", {"__module__": __name__, "function": cls}
        cls._node_class = type(name, (FunctionNode,), {"__slots__": (), **names})
        cls._ctx_class = type(name, (FunctionCtx,), names)


class Function(metaclass=FunctionMeta):
    """Base class of operations with a derivative of your own.

    Write `forward(ctx, *inputs)` and `backward(ctx, *gradients)` as static methods and call the
    operation as `MyFunction.apply(...)`. backward returns one gradient for each input of forward,
    None for an input that needs none. Or split forward in two: `forward(*inputs)`, and
    `setup_context(ctx, inputs, output)`, which saves what backward needs. For a second derivative,
    backward must be written with operations on tensors.

    >>> import minigrad
    >>> class Square(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x
    ...
    ...     @staticmethod
    ...     def backward(ctx, gradient):
    ...         (x,) = ctx.saved_tensors
    ...         return 2 * x * gradient
    >>> x = minigrad.tensor(3.0, requires_grad=True)
    >>> Square.apply(x)
    tensor(9., grad_fn=<SquareBackward>)
    >>> minigrad.autograd.grad(Square.apply(x), x)
    (tensor(6.),)
    """

    def __init__(self, *args, **kwargs):
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all "
            "static, so you should invoke them on the class itself. Instantiating an autograd "
            "function will raise an error in a future version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args, **kwargs):
        raise errors.legacy_function()

    @staticmethod
    def forward(*args, **kwargs):
        """Compute the result; to be written in a subclass."""
        raise NotImplementedError(
            "You must implement the forward function for custom autograd.Function."
        )

    @staticmethod
    def setup_context(ctx, inputs, output):
        """Save what backward needs, where forward has no ctx; may be written in a subclass."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx, *gradients):
        """The gradients of the inputs from those of the outputs; to be written in a subclass."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom "
            "autograd.Function to use it with backward mode AD."
        )

    vjp = backward  # another name for it

    @classmethod
    def _backward(cls):
        if cls.backward is Function.backward:
            return cls.vjp
        if cls.vjp is not Function.vjp:
            raise errors.backward_and_vjp()
        return cls.backward

    @classmethod
    def apply(cls, *args, **kwargs):
        """Run forward and return its result, with a place in the graph if an input wants one."""
        splits = cls.setup_context is not Function.setup_context
        if splits or kwargs:
            args = _positional(cls.forward, args, kwargs, ctx=not splits)
        ctx = cls._ctx_class()
        ctx.needs_input_grad = tuple(isinstance(a, Tensor) and a.requires_grad for a in args)
        node = None
        if modes.grad and True in ctx.needs_input_grad:
            node = _new_node(cls, ctx, args)
        with no_grad():
            if splits:
                output = cls.forward(*args)
                cls.setup_context(ctx, args, output)
            else:
                output = cls.forward(ctx, *args)
        outputs = output if isinstance(output, tuple) else (output,)
        inputs = [a for a in args if isinstance(a, Tensor)]
        _count_changes(ctx, inputs, outputs)
        if node is not None:
            _describe(node, outputs)
        results = tuple(_placed(node, nr, x, inputs, ctx) for nr, x in enumerate(outputs))
        if node is not None:
            node.saved = _saved(ctx._to_save, node)
        ctx._to_save = ctx._dirty = ctx._non_differentiable = ()
        return results if isinstance(output, tuple) else results[0]


def _positional(forward, args, kwargs, ctx: bool) -> tuple:
    """The arguments of a call in the order of forward's parameters, defaults filled in."""
    bound = inspect.signature(forward).bind(*([None] if ctx else []), *args, **kwargs)
    bound.apply_defaults()
    if bound.kwargs:
        raise errors.keyword_only()
    return bound.args[1:] if ctx else bound.args


def _new_node(function, ctx, args):
    places = tuple(place for place, a in enumerate(args) if isinstance(a, Tensor))
    node = function._node_class(tuple(edge_of(args[place]) for place in places), saved=())
    node.tensor_places = places
    node.ctx = ctx
    ctx._node = weakref.ref(node)
    return node


def _describe(node, outputs):
    """Note the device and the form of the outputs; some may be no tensors."""
    tensors = [x for x in outputs if isinstance(x, Tensor)]
    node.device = tensors[0].device if tensors else None
    node.describe([x._data if isinstance(x, Tensor) else None for x in outputs])


def _is_one_of(tensor, tensors) -> bool:
    return any(tensor is other for other in tensors)


def _count_changes(ctx, inputs, outputs):
    """Check what was marked dirty, and raise the versions."""
    for tensor in ctx._dirty:
        if not _is_one_of(tensor, outputs):
            raise errors.dirty_not_returned()
        if _is_one_of(tensor, inputs):
            tensor._count_change()
        else:
            warnings.warn(errors.DIRTY_NO_INPUT, UserWarning, stacklevel=3)


def _placed(node, nr, output, inputs, ctx):
    """An output with its edge: the tensor that forward returned, or a new one on its memory."""
    if not isinstance(output, Tensor):
        return output
    given = _is_one_of(output, inputs)
    dirty = given and _is_one_of(output, ctx._dirty)
    fixed = _is_one_of(output, ctx._non_differentiable) or output._data.dtype.kind != "f"
    if node is None or fixed:
        return output.detach() if output.requires_grad or (given and not dirty) else output
    if dirty:
        _take_place(output, node, nr)
        return output
    if given or output._base is not None:
        output = output.detach()
        output._origin = "function"
    output._requires_grad = False
    output._edge = (node, nr)
    return output


def _take_place(tensor, node, nr):
    """An input that forward changed in place becomes its output."""
    from ..ops.inplace import rebase  # the operations import this package

    if tensor._base is None:
        if tensor._requires_grad:
            raise errors.dirty_leaf()
        tensor._edge = (node, nr)
        return
    if node.outputs > 1 or node.tensor_places[0] != 0:
        raise errors.dirty_view()
    rebase(tensor, node)


def _saved(tensors, node):
    for i, tensor in enumerate(tensors):
        if tensor is not None and not isinstance(tensor, Tensor):
            raise errors.saved_no_tensor(i, type(tensor).__name__)
    return tuple(tensor if tensor is None else SavedTensor(tensor, node) for tensor in tensors)


class SavedTensor:
    """A tensor that a Function saved, with the version that it had."""

    __slots__ = ("kept", "output_nr", "version")

    def __init__(self, tensor, node):
        if tensor._inference:
            raise errors.inference_saved()
        self.output_nr = None
        if tensor._edge is not None and tensor._edge[0] is node:
            self.output_nr = tensor._edge[1]
            tensor = tensor._alias()  # not the output itself: the node must not hold on to itself
        self.version = tensor._version
        self.kept = tensor if modes.pack is None else Packed(tensor)

    def unpack(self, node):
        """The tensor, after a check that nobody changed it in the meantime."""
        is_output = self.output_nr is not None
        tensor = self.kept
        if isinstance(tensor, Packed):
            tensor = tensor.unpack()
        elif tensor._version != self.version:
            raise errors.changed_in_place(
                dtypes.class_name(tensor._data),
                tensor._data.shape,
                node if is_output else tensor.grad_fn,
                tensor._version,
                self.version,
            )
        return tensor._alias((node, self.output_nr)) if is_output else tensor


def once_differentiable(backward):
    """Decorate a backward that cannot be differentiated itself: a second derivative is an error."""

    @functools.wraps(backward)
    def first_order(ctx, *gradients):
        with no_grad():
            sent = backward(ctx, *gradients)
        if not (modes.grad and any(g is not None and g.requires_grad for g in gradients)):
            return sent
        several = isinstance(sent, tuple)
        fenced = _fence(sent if several else (sent,))
        return fenced if several else fenced[0]

    return first_order


class Error(Node):
    """Stands where the graph must not be walked on."""

    def name(self):
        return "torch::autograd::Error"

    def apply(self, gradient, as_tensors):
        raise errors.differentiated_twice()


def _fence(tensors):
    """The tensors again, behind a node that refuses to be differentiated."""
    leaves = [g if g is None else g.detach().requires_grad_() for g in tensors]
    node = Error(edges=tuple(None if leaf is None else edge_of(leaf) for leaf in leaves))
    _describe(node, leaves)
    return tuple(
        g if g is None else Tensor._make(g._data, (node, nr)) for nr, g in enumerate(leaves)
    )

"""Module: a tree of layers that knows its parameters, saves and loads them, and prints itself."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping

from .. import dtypes, errors
from ..autograd.graph import RemovableHandle
from ..tensor import Tensor
from .parameter import Parameter
from .state import IncompatibleKeys, join, load_state, state_of


class Module:
    """Base class of layers and networks: assign layers and parameters as attributes, write forward.

    >>> import minigrad
    >>> from minigrad import nn
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.inner = nn.Linear(2, 3)
    ...         self.scale = nn.Parameter(minigrad.ones(3))
    ...
    ...     def forward(self, x):
    ...         return self.inner(x).relu() * self.scale
    >>> [(name, tuple(p.shape)) for name, p in Net().named_parameters()]
    [('scale', (3,)), ('inner.weight', (3, 2)), ('inner.bias', (3,))]
    >>> Net()(minigrad.ones(4, 2)).shape
    minigrad.Size([4, 3])
    """

    training: bool

    def __init__(self) -> None:
        own = self.__dict__
        own["training"] = True
        own["_parameters"] = {}
        own["_buffers"] = {}
        own["_not_saved"] = set()  # names of buffers that are left out of state_dict
        own["_modules"] = {}
        own["_pre_hooks"] = {}
        own["_hooks"] = {}
        own["_backward_hooks"] = {}
        own["_backward_pre_hooks"] = {}

    def forward(self, *inputs, **options):
        """Compute the output; to be written in a subclass."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    def __call__(self, *inputs, **options):
        backward_hooks = self._backward_hooks or self._backward_pre_hooks
        if not (backward_hooks or self._hooks or self._pre_hooks):
            return self.forward(*inputs, **options)
        for hook in tuple(self._pre_hooks.values()):
            changed = hook(self, inputs)
            if changed is not None:
                inputs = changed if isinstance(changed, tuple) else (changed,)
        if not backward_hooks:
            return self._forward(inputs, options)
        from .hooks import BackwardHook

        hooks, pre_hooks = self._backward_hooks, self._backward_pre_hooks
        watch = BackwardHook(self, tuple(hooks.values()), tuple(pre_hooks.values()))
        return watch.after(self._forward(watch.before(inputs), options))

    def _forward(self, inputs, options):
        output = self.forward(*inputs, **options)
        for hook in tuple(self._hooks.values()):
            changed = hook(self, inputs, output)
            output = output if changed is None else changed
        return output

    def register_forward_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(module, inputs)` before forward; what it returns replaces the inputs."""
        return RemovableHandle(self._pre_hooks, hook)

    def register_forward_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(module, inputs, output)` after forward; its result replaces the output."""
        return RemovableHandle(self._hooks, hook)

    def register_full_backward_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` when the gradients of the inputs are known.

        Both are tuples; a tuple that the hook returns replaces grad_input.

        >>> import minigrad
        >>> from minigrad import nn
        >>> layer = nn.Linear(2, 1)
        >>> handle = layer.register_full_backward_hook(lambda module, sent, got: print(got))
        >>> layer(minigrad.ones(1, 2, requires_grad=True)).sum().backward()
        (tensor([[1.]]),)
        """
        return RemovableHandle(self._backward_hooks, hook)

    def register_full_backward_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call `hook(module, grad_output)` when the gradients of the outputs are known.

        A tuple that the hook returns replaces grad_output.
        """
        return RemovableHandle(self._backward_pre_hooks, hook)

    # --- attributes -------------------------------------------------------------------------------

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter; None reserves the name."""
        self._check_name("parameter", name, self._parameters)
        if param is not None and not isinstance(param, Parameter):
            raise errors.not_a_parameter(_type_name(param), name)
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that belongs to the state but is not trained.

        With `persistent=False` it is left out of `state_dict`.
        """
        self._check_name("buffer", name, self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise errors.no_buffer(_type_name(tensor), name)
        self._buffers[name] = tensor
        self._not_saved.discard(name)
        if not persistent:
            self._not_saved.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a child under a name."""
        if module is not None and not isinstance(module, Module):
            raise errors.no_module(_type_name(module))
        self._check_name("module", name, self._modules)
        self._modules[name] = module

    register_module = add_module

    def _check_name(self, kind, name, known):
        if not isinstance(name, str):
            raise errors.name_type(kind, _type_name(name))
        if "." in name:
            raise errors.dotted_name(kind)
        if name == "":
            raise errors.empty_name(kind)
        if hasattr(self, name) and name not in known:
            raise errors.taken_name(name)

    def __setattr__(self, name, value):
        if isinstance(value, Parameter):
            self._enter("_parameters", "parameters", name, value)
        elif isinstance(value, Module):
            self._enter("_modules", "module", name, value)
        else:
            for registry, kind, wanted in _REGISTRIES:
                if name in self.__dict__.get(registry, ()):
                    fits = registry == "_buffers" and isinstance(value, Tensor)
                    if value is not None and not fits:
                        raise errors.wrong_kind(_type_name(value), kind, name, wanted)
                    getattr(self, registry)[name] = value
                    return
            super().__setattr__(name, value)

    def _enter(self, registry, kind, name, value):
        own = self.__dict__
        if registry not in own:
            raise errors.before_init(kind)
        own.pop(name, None)
        for other in ("_parameters", "_buffers", "_modules"):
            if other != registry:
                own[other].pop(name, None)
        own[registry][name] = value

    def __getattr__(self, name):
        for registry in ("_parameters", "_buffers", "_modules"):
            found = self.__dict__.get(registry)
            if found and name in found:
                return found[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name):
        for registry in (self._parameters, self._buffers, self._modules):
            if name in registry:
                del registry[name]
                return
        super().__delattr__(name)

    def __dir__(self):
        return [*super().__dir__(), *self._parameters, *self._buffers, *self._modules]

    # --- walking through the tree -----------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The direct children with their names, each once."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The direct children."""
        return (module for _, module in self.named_children())

    def named_modules(self, memo=None, prefix="", remove_duplicate=True):
        """This module and all below it, with their dotted names."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, join(prefix, name), remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and all below it."""
        return (module for _, module in self.named_modules())

    def named_parameters(self, prefix="", recurse=True, remove_duplicate=True):
        """The parameters with their dotted names; a shared one comes once."""
        return self._named_members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and all below it: what an optimiser takes."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix="", recurse=True, remove_duplicate=True):
        """The buffers with their dotted names."""
        return self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and all below it."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def _named_members(self, registry, prefix, recurse, remove_duplicate):
        seen = set()
        modules = [(prefix, self)]
        if recurse:
            modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
        for path, module in modules:
            for name, member in getattr(module, registry).items():
                if member is None or member in seen:
                    continue
                if remove_duplicate:
                    seen.add(member)
                yield join(path, name), member

    def get_submodule(self, target: str) -> Module:
        """The module of a dotted name; "" is this one."""
        module = self
        for name in target.split(".") if target else ():
            if not hasattr(module, name):
                raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of a dotted name."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
        if name not in module._parameters:
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return module._parameters[name]

    # --- changing all of it -----------------------------------------------------------------------

    def apply(self, fn: Callable[[Module], None]) -> Module:
        """Call `fn` on every module of the tree, children first, and return this one."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Module:
        """Switch this module and all below it to training, or with False to evaluation."""
        if not isinstance(mode, bool):
            raise errors.training_mode()
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Switch to evaluation: dropout lets everything pass."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Set the flag of all parameters."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients: `.grad` becomes None, or zeros with `set_to_none=False`."""
        for p in self.parameters():
            if p._grad is not None:
                p._grad = None if set_to_none else p._grad.detach()
                if not set_to_none:
                    p._grad.zero_()

    def to(self, *args, dtype=None, device=None) -> Module:
        """Convert the floating point parameters and buffers in place: `to(dtype)`, `to(device)`."""
        for value in args:
            if isinstance(value, dtypes.dtype):
                dtype = value
            elif isinstance(value, Tensor):
                dtype, device = value.dtype, value.device
            else:
                device = value
        if dtype is not None and not dtype.is_floating_point:
            raise errors.module_type(dtype)
        return self._apply(
            lambda x: x.to(dtype=dtype if x.is_floating_point() else None, device=device)
        )

    def float(self) -> Module:
        """Convert to float32."""
        return self.to(dtypes.float32)

    def double(self) -> Module:
        """Convert to float64."""
        return self.to(dtypes.float64)

    def half(self) -> Module:
        """Convert to float16."""
        return self.to(dtypes.float16)

    def cpu(self) -> Module:
        """Move to main memory."""
        return self.to(device="cpu")

    def cuda(self, device=None) -> Module:
        """Move to a GPU."""
        return self.to(device="cuda" if device is None else device)

    def _apply(self, convert):
        for module in self.modules():
            for p in module._parameters.values():
                if p is not None:
                    p.data = convert(p.detach())
                    p._accumulator = None  # it knows the old type
                    p._grad = None if p._grad is None else convert(p._grad.detach())
            for name, buffer in module._buffers.items():
                module._buffers[name] = buffer if buffer is None else convert(buffer)
        return self

    # --- state ------------------------------------------------------------------------------------

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> OrderedDict:
        """All parameters and buffers by their dotted names, sharing memory with the module.

        For torch, convert each: `{name: torch.from_numpy(x.numpy()) for name, x in ...}`.
        """
        return state_of(self, prefix, keep_vars)

    def load_state_dict(
        self, state_dict: Mapping[str, object], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy values into parameters and buffers: minigrad's, torch's or NumPy's, by their names.

        With `strict`, missing and unexpected names are an error. Returns both lists. With `assign`,
        the module takes over memory and dtype of the values.

        >>> from minigrad import nn
        >>> nn.Linear(2, 1).load_state_dict(nn.Linear(2, 1).state_dict())
        <All keys matched successfully>
        """
        return load_state(self, state_dict, strict, assign)

    # --- text -------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """The settings to print between the parentheses; may be written in a subclass."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr()
        extra_lines = extra.split("\n") if extra else []
        children = [f"({name}): {indented(module)}" for name, module in self._modules.items()]
        if len(extra_lines) == 1 and not children:
            return f"{self._get_name()}({extra})"
        return block(self._get_name(), extra_lines + children)


_REGISTRIES = (
    ("_parameters", "parameter", "minigrad.nn.Parameter"),
    ("_modules", "child module", "minigrad.nn.Module"),
    ("_buffers", "buffer", "minigrad.nn.Buffer, minigrad.Tensor"),
)


def _type_name(value) -> str:
    if isinstance(value, Tensor):
        return value.type()
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def indented(value) -> str:
    """A text over several lines, all but the first moved to the right by two."""
    first, *rest = str(value).split("\n")
    return "\n".join([first, *(f"  {line}" if line.strip() else "" for line in rest)])


def block(name: str, lines: list[str]) -> str:
    """`name(` and `)` around indented lines."""
    return f"{name}(\n  " + "\n  ".join(lines) + "\n)" if lines else f"{name}()"

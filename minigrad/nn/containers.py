"""Modules that hold other modules: Sequential, ModuleList, ModuleDict."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from .. import errors
from .module import Module, block, indented


class Sequential(Module):
    """Modules one after the other: each gets what the one before returned.

    >>> from minigrad import nn
    >>> nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    Sequential(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): ReLU()
    )
    """

    def __init__(self, *modules: Module):
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], dict):
            named = modules[0].items()
        else:
            named = ((str(i), module) for i, module in enumerate(modules))
        for name, module in named:
            self.add_module(name, module)

    def forward(self, input):
        for module in self._modules.values():
            input = module(input)
        return input

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(dict(list(self._modules.items())[index]))
        return self._modules[_name_at(self, index)]

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, _name_at(self, index), module)

    def __delitem__(self, index: int) -> None:
        delattr(self, _name_at(self, index))
        self._modules = {str(i): module for i, module in enumerate(self)}

    def append(self, module: Module) -> Sequential:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Sequential:
        """Add several modules at the end."""
        for module in modules:
            self.append(module)
        return self


def _name_at(container, index) -> str:
    index, size = operator.index(index), len(container)
    if not -size <= index < size:
        raise errors.no_such_module(index)
    return list(container._modules)[index % size]


class ModuleList(Module):
    """A list of modules, whose parameters are found."""

    def __init__(self, modules: Iterable[Module] | None = None):
        super().__init__()
        self.extend(modules or ())

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self._modules[_name_at(self, index)]

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, _name_at(self, index), module)

    def append(self, module: Module) -> ModuleList:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> ModuleList:
        """Add several modules at the end."""
        for module in modules:
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> None:
        """Add a module before another."""
        modules = list(self)
        modules.insert(index, module)
        self._modules = {}
        self.extend(modules)

    def __repr__(self) -> str:
        """Equal neighbours are written once: `(0-1): 2 x Linear(...)`."""
        lines, start = [], 0
        for text, group in groupby(map(repr, self)):
            n = len(list(group))
            one = f"({start}): {text}"
            lines.append(indented(one if n == 1 else f"({start}-{start + n - 1}): {n} x {text}"))
            start += n
        return block(self._get_name(), lines)


class ModuleDict(Module):
    """A dictionary of modules, whose parameters are found."""

    def __init__(self, modules: Mapping[str, Module] | None = None):
        super().__init__()
        self.update(modules or {})

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, name: str) -> bool:
        return name in self._modules

    def __getitem__(self, name: str) -> Module:
        return self._modules[name]

    def __setitem__(self, name: str, module: Module) -> None:
        self.add_module(name, module)

    def __delitem__(self, name: str) -> None:
        del self._modules[name]

    def keys(self):
        """The names."""
        return self._modules.keys()

    def values(self):
        """The modules."""
        return self._modules.values()

    def items(self):
        """Names and modules."""
        return self._modules.items()

    def update(self, modules) -> None:
        """Add modules from a mapping or from pairs of name and module."""
        for name, module in modules.items() if isinstance(modules, Mapping) else modules:
            self[name] = module

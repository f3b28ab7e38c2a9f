"""Parts that are imported when they are first used, so that `import minigrad` stays quick."""

from __future__ import annotations

import sys
from collections.abc import Callable


def when_used(
    package: str, parts: dict[str, str] | None = None
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """A module's `__getattr__` and `__dir__`: `parts` says in which submodule a name is found.

    A name that equals its submodule is the submodule itself. For any other name the AttributeError
    says in one sentence that it is not there.
    """

    def __getattr__(name: str):
        part = (parts or {}).get(name)
        if part is None:
            raise AttributeError(
                f"{package} has no `{name}`; dir({package}) lists what it has of torch."
            )
        __import__(f"{package}.{part}")
        module = sys.modules[f"{package}.{part}"]
        found = module if name == part else getattr(module, name)
        setattr(sys.modules[package], name, found)
        return found

    def __dir__():
        return sorted({*vars(sys.modules[package]), *(parts or {})})

    return __getattr__, __dir__


class Later:
    """Stands for a module until something of it is asked for; only then the module is imported.

    A package that binds its submodule's name to this lets its other modules write
    `from . import errors` as always. Once imported, the module itself takes the name.
    """

    def __init__(self, name: str):
        self._name = name

    def _module(self):
        __import__(self._name)
        return sys.modules[self._name]

    def __getattr__(self, attribute: str):
        return getattr(self._module(), attribute)

    def __dir__(self):
        return dir(self._module())

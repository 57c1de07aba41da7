"""`NamedTuple` and `StrEnum` without `typing` and `enum`, which cost a short command more than its answer does. For whoever checks types
they are the standard library's own.

The module of a named tuple must begin with `from __future__ import annotations`: the fields are read from its annotations, unevaluated.
"""

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum as StrEnum
    from typing import Any
    from typing import NamedTuple as NamedTuple
else:

    class _Maker(type):
        """Makes `class Point(NamedTuple)` with annotated fields a named tuple with the methods that the body defines."""

        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body.pop("__annotations__")
            defaults = [body.pop(field) for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            made.__annotations__ = fields
            for key, value in body.items():
                if key not in ("__module__", "__slots__"):
                    setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Maker):
        """The base of classes with annotated fields."""

    class _Closed(type):
        """Makes a class whose words are its only values, as `enum` does: called with a word, iterated, asked for a name."""

        def __new__(cls, name, bases, body):
            words = {key: value for key, value in body.items() if not key.startswith("_")}
            made = super().__new__(cls, name, bases, {key: value for key, value in body.items() if key not in words})
            made._members = {}
            for key, value in words.items():
                member = made._members[value] = str.__new__(made, value)
                member.name, member.value = key, value
                setattr(made, key, member)
            return made

        def __call__(cls, value):
            try:
                return cls._members[value]
            except (KeyError, TypeError):
                raise ValueError(f"{value!r} is not a valid {cls.__name__}") from None

        def __iter__(cls):
            return iter(cls._members.values())

        def __len__(cls):
            return len(cls._members)

        def __contains__(cls, value):
            return value in cls._members

    class StrEnum(str, metaclass=_Closed):
        """The base of closed sets of words. A member is its word, and is the same object wherever it comes from."""

        def __str__(self):
            return self.value

        def __repr__(self):
            return f"<{type(self).__name__}.{self.name}: {self.value!r}>"

        def __reduce__(self):
            return type(self), (self.value,)

        def __copy__(self):
            return self

        def __deepcopy__(self, _):
            return self


NOTHING: "Mapping[str, Any]" = type(type.__dict__)({})
"""An empty mapping that stays empty (`types.MappingProxyType`, without its module): the default of fields that hold one."""

"""`NamedTuple` and `StrEnum` without `typing` and `enum`, and regular expressions that are compiled when they are first used: what these
cost a short command is more than its answer does. For whoever checks types they are the standard library's own.

The module of a named tuple must begin with `from __future__ import annotations`: the fields are read from its annotations, unevaluated.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Mapping
    from enum import StrEnum as StrEnum
    from typing import Any
    from typing import NamedTuple as NamedTuple

    pattern = re.compile
else:
    from collections import _tuplegetter

    class _Record(tuple):
        """What the named tuples have in common, as those of `collections`."""

        __slots__ = ()
        _fields = ()

        @classmethod
        def _make(cls, values):
            made = tuple.__new__(cls, values)
            if len(made) != len(cls._fields):
                raise TypeError(f"Expected {len(cls._fields)} values, got {len(made)}")
            return made

        def _replace(self, /, **changes):
            made = self._make(map(changes.pop, self._fields, self))
            if changes:
                raise ValueError(f"{type(self).__name__} has no field {', '.join(changes)}")
            return made

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            values = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
            return f"{type(self).__name__}({values})"

        def __getnewargs__(self):
            return tuple(self)

    class _Maker(type):
        """Makes `class Point(NamedTuple)` with annotated fields a named tuple with the methods that the body defines.

        `collections.namedtuple` would compile a constructor for each class at once, most of its cost; here a later call does, and a
        short command makes few of most classes.
        """

        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body["__annotations__"])
            known = {field: body[field] for field in fields if field in body}
            few = 12  # that are made without it: compiling takes as long as these

            def first(cls, *values, **named):
                nonlocal few
                few -= 1
                rest = fields[len(values) :]
                if few > 0 and len(values) <= len(fields) and named.keys() <= {*rest} <= {*known, *named}:
                    return tuple.__new__(cls, (*values, *(named[name] if name in named else known[name] for name in rest)))
                listed = ", ".join(fields)
                make = eval(f"lambda _cls, {listed}: _new(_cls, ({listed},))", {"_new": tuple.__new__})
                make.__name__, make.__qualname__, make.__defaults__ = "__new__", f"{name}.__new__", tuple(known.values())
                made.__new__ = staticmethod(make)
                return make(cls, *values, **named)

            body |= {field: _tuplegetter(place, None) for place, field in enumerate(fields)}
            body |= {"__slots__": (), "__new__": first, "_fields": fields, "__match_args__": fields}
            made = type(name, (_Record,), body)
            return made

    class NamedTuple(metaclass=_Maker):
        """The base of classes with annotated fields."""

    class pattern:  # noqa: N801 (used as a function)
        """As `re.compile`. A method is looked up once, then it is the compiled expression's own."""

        def __init__(self, source, flags=0):
            self._given = source, flags

        def __getattr__(self, name):
            import re

            value = getattr(re.compile(*self._given), name)  # which remembers what it compiled
            setattr(self, name, value)
            return value

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

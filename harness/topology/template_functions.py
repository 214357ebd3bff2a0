"""The functions that a topology's template may call: Go's own and those that containerlab adds."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Function = Callable[..., Any]


def shown(value: Any) -> str:
    """``value`` as Go prints it (``%v``)."""
    if value is None:
        return "<no value>"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
    if isinstance(value, Mapping):
        return "map[" + " ".join(f"{key}:{shown(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + " ".join(shown(item) for item in value) + "]"
    return str(value)


def true(value: Any) -> bool:
    """Whether Go takes ``value`` for true: not false, nothing, zero or empty."""
    return bool(value)


def _whole(value: Any) -> int:
    if isinstance(value, str):
        text = value.replace(",", "")
        try:
            return int(text, 0)
        except ValueError:
            return int(float(text))
    if isinstance(value, int | float):
        return int(value)
    raise ValueError(f"a number is wanted, not {shown(value)!r}")


def _is_float(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, str) and bool(re.fullmatch(r"[-+]?\d*\.\d+", value)))


def _arithmetic(name: str) -> Function:
    def apply(a: Any, b: Any) -> int | float:
        floating = _is_float(a) or _is_float(b)
        x, y = (float(a), float(b)) if floating else (_whole(a), _whole(b))
        return x + y if name == "add" else x - y if name == "subtract" else x * y

    return apply


def _quotient(a: Any, b: Any) -> int:
    x, y = _whole(a), _whole(b)
    return abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)  # Go cuts towards zero


def _remainder(a: Any, b: Any) -> int:
    x, y = _whole(a), _whole(b)
    return x - y * _quotient(x, y)


def _seq(*limits: Any) -> list[int]:
    if not 1 <= len(limits) <= 3:
        raise ValueError("seq takes an end, a start and an end, or a start, an end and a step")
    numbers = [_whole(limit) for limit in limits]
    start, end, step = (1, *numbers, 1) if len(numbers) == 1 else (*numbers, 1)[:3]
    if step == 0:
        return []
    step = -abs(step) if end < start else step if end == start else abs(step)
    return list(range(start, end + (1 if step > 0 else -1), step))


def _kind(value: Any) -> type:
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind
    raise ValueError(f"cannot compare {shown(value)!r}")


def _same(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is b
    if _kind(a) is not _kind(b):
        raise ValueError(f"cannot compare {_kind(a).__name__} {shown(a)!r} with {_kind(b).__name__} {shown(b)!r}")
    return bool(a == b)


def _less(a: Any, b: Any) -> bool:
    if _kind(a) is bool or _kind(a) is not _kind(b):
        raise ValueError(f"cannot order {shown(a)!r} and {shown(b)!r}")
    return bool(a < b)


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(value, Mapping):
            value = value.get(key if isinstance(key, str) else shown(key))
        elif isinstance(value, list) and not isinstance(key, bool | str):
            if not 0 <= key < len(value):
                raise ValueError(f"index {key} is beyond the {len(value)} items")
            value = value[key]
        else:
            raise TypeError(f"cannot index {shown(value)!r} with {shown(key)!r}")
    return value


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, Mapping | Sequence):
        return len(value)
    raise ValueError(f"{shown(value)!r} has no length")


_VERB = re.compile(r"%(?P<flags>[-+ 0#]*)(?P<size>\d*(?:\.\d+)?)(?P<verb>.)")
_KINDS: dict[str, tuple[type, ...]] = {
    "d": (int,),
    "x": (int, str),
    "X": (int, str),
    "o": (int,),
    "c": (int,),
    "f": (float,),
    "e": (float,),
    "g": (float,),
    "s": (str,),
    "q": (str,),
    "t": (bool,),
    "v": (object,),
}


def _printf(form: str, *values: Any) -> str:
    left = list(values)

    def one(match: re.Match[str]) -> str:
        verb = match["verb"]
        if verb == "%":
            return "%"
        if not left or not isinstance(left[0], _KINDS.get(verb, ())) or (verb in "dxXoc" and isinstance(left[0], bool)):
            raise ValueError(f"printf: {match[0]} does not fit {shown(left[0]) if left else 'nothing'!r}")
        value = left.pop(0)
        if isinstance(value, str) and verb in "xX":
            value, verb = getattr(value.encode().hex(), "upper" if verb == "X" else "lower")(), "s"
        if verb == "q":
            value, verb = json.dumps(value, ensure_ascii=False), "s"
        if verb in "vt":
            value, verb = shown(value), "s"
        return f"%{match['flags']}{match['size']}{verb}" % (value,)

    text = _VERB.sub(one, form)
    if left:
        raise ValueError(f"printf: nothing takes {shown(left[0])!r}")
    return text


def _print(*values: Any) -> str:
    return "".join(
        (" " if at and not isinstance(value, str) and not isinstance(values[at - 1], str) else "") + shown(value)
        for at, value in enumerate(values)
    )


def _json(value: Any, *pretty: str) -> str:
    if isinstance(value, Mapping):
        raise TypeError("containerlab writes nothing for a mapping here")  # its YAML gives keys that JSON has not
    if pretty:
        return json.dumps(value, indent=pretty[-1], ensure_ascii=False)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _join(values: Any, separator: str) -> str:
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise TypeError("conv.Join takes a list")
    return separator.join(shown(value) for value in values)


def _split(separator: str, text: Any) -> list[str]:
    return shown(text).split(separator) if separator else list(shown(text))


def _replace(old: str, new: str, text: Any) -> str:
    if text is None:
        return ""
    return shown(text).replace(old, new) if old else shown(text)


def _cidr_host(number: Any, prefix: Any) -> str:
    interface = ipaddress.ip_interface(shown(prefix))
    at = _whole(number)
    network = interface.network
    if not -network.num_addresses <= at < network.num_addresses:
        raise ValueError(f"host {at} is outside {network}")
    return str(network[at])


FUNCTIONS: Mapping[str, Function] = {
    "ToJSON": _json,
    "ToJSONPretty": _json,
    "add": _arithmetic("add"),
    "conv.Join": _join,
    "conv.ToInt": _whole,
    "div": lambda a, b: float(_whole(a) if not _is_float(a) else a) / float(b),
    "eq": lambda a, *rest: any(_same(a, b) for b in rest),
    "ge": lambda a, b: not _less(a, b),
    "gt": lambda a, b: not _less(a, b) and not _same(a, b),
    "idiv": _quotient,
    "index": _index,
    "le": lambda a, b: _less(a, b) or _same(a, b),
    "len": _length,
    "lt": _less,
    "mul": _arithmetic("mul"),
    "ne": lambda a, b: not _same(a, b),
    "net.CIDRHost": _cidr_host,
    "not": lambda a: not true(a),
    "print": _print,
    "printf": _printf,
    "println": lambda *values: " ".join(shown(value) for value in values) + "\n",
    "rem": _remainder,
    "seq": _seq,
    "slice": lambda *values: list(values),
    "strings.ReplaceAll": _replace,
    "strings.Split": _split,
    "subtract": _arithmetic("subtract"),
}
"""Every function but ``and`` and ``or``, which need not look at all their operands."""

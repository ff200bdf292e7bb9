"""Whether JSON has the form that a JSON Schema describes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_GRAMMARS = "rfc3987_syntax"


def fault(value: object, form: dict) -> tuple[str, str] | None:
    """Where the value first differs from the form and how, None where it does not."""
    with without_grammars():
        from jsonschema import Draft202012Validator

    first = next(Draft202012Validator(form).iter_errors(value), None)
    return None if first is None else (".".join(map(str, first.absolute_path)), first.message)


@contextmanager
def without_grammars() -> Iterator[None]:
    """Around the first import of jsonschema: what Jupyter brings along for it builds grammars of addresses for a second.

    They serve a check that no form here and no chart asks for.
    """
    if "jsonschema" in sys.modules or _GRAMMARS in sys.modules:
        yield
        return
    sys.modules[_GRAMMARS] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.modules.pop(_GRAMMARS, None)

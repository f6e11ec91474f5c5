"""The base of records and parameters: frozen, strict, NaN refused, errors of our own tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from neuro.arguments import shorten, shown
from neuro.errors import ConfigurationError, InvalidArgumentError, NeuroError

Unit = Annotated[float, Field(ge=0.0, le=1.0)]
"""A number in [0, 1]."""

Signed = Annotated[float, Field(ge=-1.0, le=1.0)]
"""A number in [-1, 1]."""

Positive = Annotated[float, Field(gt=0.0)]
"""A number above 0."""


def _first_problem(owner: str, exc: ValidationError) -> str:
    problem = exc.errors(include_url=False)[0]
    field = shorten(".".join(str(part) for part in problem["loc"])) or "record"
    cause = problem.get("ctx", {}).get("error")
    if isinstance(cause, NeuroError):  # a check of ours, or a record within this one, has said it
        said = str(cause)
        return f"{owner}.{said}" if said.startswith(f"{field}: ") else said
    message = shorten(f"{problem['msg'][:1].lower()}{problem['msg'][1:]}", 300)
    return f"{owner}.{field}: {message} (got {shown(problem.get('input'))})"


def _nameless(owner: str, data: Mapping[str, object]) -> str | None:
    """What is wrong if a record within this one is given as a mapping of what are no names."""
    for name, value in data.items():
        if isinstance(value, dict) and not all(isinstance(key, str) for key in value):  # pyright: ignore[reportUnknownVariableType]
            return f"{owner}.{name}: keys must be strings (got {shown(value)})"  # pyright: ignore[reportUnknownArgumentType]
    return None


class Record(BaseModel):
    """A frozen record; bad fields raise `InvalidArgumentError`."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True
    )

    def __init__(self, /, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as exc:
            raise self._error()(_first_problem(type(self).__name__, exc)) from None
        except RecursionError:
            raise self._error()(f"{type(self).__name__}: a field is nested too deeply") from None
        except TypeError:
            problem = _nameless(type(self).__name__, data)
            if problem is None:
                raise
            raise self._error()(problem) from None

    @classmethod
    def _error(cls) -> type[NeuroError]:
        return InvalidArgumentError

    def rechecked(self) -> Self:
        """This record after its checks, which ``model_construct`` and ``model_copy`` go without."""
        fields = {name: getattr(self, name, None) for name in type(self).model_fields}
        return type(self)(**{n: v.rechecked() if isinstance(v, Record) else v for n, v in fields.items()})

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **kwargs: Any) -> Any:  # type: ignore[override]
        try:
            return super().model_validate_json(json_data, **kwargs)
        except ValidationError as exc:
            raise cls._error()(_first_problem(cls.__name__, exc)) from None


class Params(Record):
    """Frozen parameters of one part: every number has its default, unit and citation here."""

    @classmethod
    def _error(cls) -> type[NeuroError]:
        return ConfigurationError

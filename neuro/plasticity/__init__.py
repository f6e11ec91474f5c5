"""How traces change: frozen parameter objects that apply the equations of `neuro.dynamics` to a Trace."""

from typing import Annotated

from pydantic import Field

from neuro.plasticity.base import Grade, Plasticity
from neuro.plasticity.base_level import BaseLevelPlasticity
from neuro.plasticity.ebbinghaus import EbbinghausPlasticity
from neuro.plasticity.fsrs import FsrsPlasticity
from neuro.plasticity.memory_chain import MemoryChainPlasticity
from neuro.plasticity.odds import OddsPlasticity

AnyPlasticity = Annotated[
    OddsPlasticity | EbbinghausPlasticity | BaseLevelPlasticity | MemoryChainPlasticity | FsrsPlasticity,
    Field(discriminator="law"),
]
"""Any of ours, as a field of a configuration; ``law`` says which."""

__all__ = [
    "AnyPlasticity",
    "BaseLevelPlasticity",
    "EbbinghausPlasticity",
    "FsrsPlasticity",
    "Grade",
    "MemoryChainPlasticity",
    "OddsPlasticity",
    "Plasticity",
]

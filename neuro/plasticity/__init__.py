"""How traces change: frozen parameter objects that apply the equations of `neuro.dynamics` to a Trace."""

from neuro.plasticity.base import Plasticity
from neuro.plasticity.odds import HalfLives, OddsPlasticity

__all__ = ["HalfLives", "OddsPlasticity", "Plasticity"]

"""Synaptic homeostasis."""

from __future__ import annotations

from collections.abc import Mapping

from neuro.sleep.stage import Night


class Downscaling:
    """Every association loses the same share, in proportion to the weight of the night; one number changes, with the
    count of nights."""

    name = "downscaling"

    async def run(self, night: Night) -> Mapping[str, int]:
        night.downscaling = night.connectome.params.downscaling_rate
        return {}

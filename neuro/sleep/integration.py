"""Wiring together what was active together."""

from __future__ import annotations

from collections.abc import Mapping

from neuro.sleep.stage import Night


class Integration:
    """Links what was held or recalled together since the last night, and writes new associations to the store."""

    name = "integration"

    async def run(self, night: Night) -> Mapping[str, int]:
        linked = night.connectome.associate(night.anatomy.hippocampus.take_bindings())
        await night.connectome.flush()
        return {"linked": linked // 2}

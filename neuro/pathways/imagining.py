"""A body as it would be: a mind of its own, with the memories of the real one."""

from __future__ import annotations

from dataclasses import replace

from neuro.pathways.waking import Body


def imagined(body: Body) -> Body:
    """A body with a mind of its own and the memories of this one."""
    return replace(
        body,
        sensory_cortex=body.sensory_cortex.imagined(),
        thalamus=body.thalamus.imagined(),
        prefrontal_cortex=body.prefrontal_cortex.imagined(),
        hippocampus=body.hippocampus.imagined(),
        basal_ganglia=body.basal_ganglia.imagined(),
    )


def let_go(imagined: Body, engram_id: str) -> None:
    """An imagined mind no longer holds an engram."""
    imagined.hippocampus.lose_place(engram_id)
    imagined.prefrontal_cortex.release(engram_id)

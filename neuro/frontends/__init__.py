"""Our own ways into a brain; nothing inside neuro imports these."""

"""Everything neuro raises.

NeuroError
|-- ConfigurationError (ValueError)       ``Class.field: what is wrong (got value)``
|-- BrainClosedError (RuntimeError)       a verb after ``close()``
|-- WrongLoopError (RuntimeError)         a brain used from another event loop than the one it was created on
|-- TransactionError (RuntimeError)       what a transaction cannot hold
|-- InvalidArgumentError (ValueError)     every bad argument of every verb
|   `-- InvalidStimulusError              bad content of a perceive
|-- EngramError
|   |-- EngramNotFoundError (LookupError)
|   |-- StaleEngramError                  the engram changed since it was read
|   `-- FeatureMismatchError (ValueError) features of another embedder or of another dimension
|-- EmbedderError
|   `-- EmbedderUnavailableError          which model, why, how to get it
|-- ExtractorError                        what finds what a content names failed, and how
|-- RegionError
|   |-- UnknownRegionError (LookupError)
|   `-- HomelessEngramError               no region claims this type of memory
|-- StoreError
|   |-- StoreUnavailableError (ConnectionError)  transient: try again, the night does
|   |   `-- BufferFullError               the store is away, and no more may wait to be written
|   |-- CorruptRecordError                key and schema version
|   |-- LeaseLostError                    another brain sleeps by now
|   `-- StoreClosedError
|-- SleepError                            stage, and the report so far
|-- ScopeError (PermissionError)
|-- ImageError
|   `-- MergeConflictError
`-- MissingDependencyError (ImportError)  names the extra to install
"""

from __future__ import annotations

from collections.abc import Mapping


class NeuroError(Exception):
    """Base of everything neuro raises."""


class ConfigurationError(NeuroError, ValueError):
    """A parameter or a combination of parameters is wrong: ``Class.field: what is wrong (got value)``."""


class BrainClosedError(NeuroError, RuntimeError):
    """The brain has been closed."""


class WrongLoopError(NeuroError, RuntimeError):
    """A brain lives on the event loop it was created on."""


class TransactionError(NeuroError, RuntimeError):
    """This cannot be done inside a transaction, or there is no more room in it; nothing has changed."""


class InvalidArgumentError(NeuroError, ValueError):
    """A verb was given something it cannot use; nothing has changed."""


class InvalidStimulusError(InvalidArgumentError):
    """The content cannot be perceived; nothing has changed."""


class EngramError(NeuroError):
    """Something is wrong with one engram."""


class EngramNotFoundError(EngramError, LookupError):
    """No region owns an engram with this id."""

    def __init__(self, engram_id: str) -> None:
        super().__init__(f"no engram has the id {engram_id!r}")
        self.engram_id = engram_id


class StaleEngramError(EngramError):
    """The engram has changed since it was read, or exists already with other content.

    Attributes:
        engram_ids: all for which that is so.
    """

    def __init__(self, message: str, engram_ids: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.engram_ids = engram_ids


class FeatureMismatchError(EngramError, ValueError):
    """Features come from another embedder, or have another dimension, than those in the store."""


class EmbedderError(NeuroError):
    """An embedder failed or returned something that is not a row of finite unit features per text."""


class EmbedderUnavailableError(EmbedderError):
    """The model cannot be loaded; the message says which, why, and how to get it."""


class ExtractorError(NeuroError):
    """An entity extractor failed; the message says which and how."""


class RegionError(NeuroError):
    """Something is wrong with a region."""


class UnknownRegionError(RegionError, LookupError):
    """There is no region of this name."""


class HomelessEngramError(RegionError):
    """No region claims this type of memory."""


class StoreError(NeuroError):
    """A store failed."""


class StoreUnavailableError(StoreError, ConnectionError):
    """The store cannot be reached or cannot write just now; acknowledged memories are kept."""


class CorruptRecordError(StoreError):
    """A record cannot be read; the message names its key and schema version."""


class StoreClosedError(StoreError):
    """The store has been closed."""


class LeaseLostError(StoreError):
    """Another brain has got the lease meanwhile: what was to be written under it is refused."""


class BufferFullError(StoreUnavailableError):
    """The store is away, and as much is waiting to be written as may wait; nothing more is taken in."""


class SleepError(NeuroError):
    """A night ended early.

    Attributes:
        stage: name of the stage that failed.
        report: counts of the stages that had finished.
    """

    def __init__(self, stage: str, report: Mapping[str, int], message: str) -> None:
        super().__init__(f"the night ended in its stage {stage!r}: {message}")
        self.stage = stage
        self.report = report


class ScopeError(NeuroError, PermissionError):
    """This scope may not see or change that memory."""


class ImageError(NeuroError):
    """An image of a brain cannot be made or read."""


class MergeConflictError(ImageError):
    """Two images disagree."""


class MissingDependencyError(NeuroError, ImportError):
    """An optional package is missing; the message names the extra that brings it."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed: pip install 'neuro-brain[{extra}]'")
        self.package = package
        self.extra = extra

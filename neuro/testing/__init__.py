"""The test kit for those who write stores or plasticities: conformance checks, doubles and samples.

Free of any test framework. Deliberately knows ports only, never a particular store. What tests a whole brain over a
store is in `neuro.testing.brain` (conformance checks) and `neuro.testing.machine` (random programs).
"""

from neuro.testing.doubles import CountingStore, FailingStore, InterleavingStore, KeptOpen, StoreWrapper
from neuro.testing.plasticity import PLASTICITY_CHECKS, check_plasticity
from neuro.testing.stores import DURABLE_CHECKS, STORE_CHECKS, check_namespaces_are_isolated, check_store

__all__ = [
    "DURABLE_CHECKS",
    "PLASTICITY_CHECKS",
    "STORE_CHECKS",
    "CountingStore",
    "FailingStore",
    "InterleavingStore",
    "KeptOpen",
    "StoreWrapper",
    "check_namespaces_are_isolated",
    "check_plasticity",
    "check_store",
]

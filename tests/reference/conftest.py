"""Live comparison with other packages: collected only where $NEURO_TEST_REFERENCE is 1.

They are installed by the extra `reference`; where one is missing although they were asked for, collection fails.
"""

import importlib
import os

collect_ignore_glob = ["test_*.py"]

if os.environ.get("NEURO_TEST_REFERENCE") == "1":
    for package in ("fsrs", "pyactr", "supermemo2"):
        importlib.import_module(package)
    collect_ignore_glob = []

"""Tests with a real model: collected only where $NEURO_TEST_MODEL names its folder."""

import os

collect_ignore_glob = [] if os.environ.get("NEURO_TEST_MODEL") else ["test_*.py"]

"""Tests on a real server: collected only where $NEURO_TEST_REDIS_URL says where one is.

The user in that URL must be one who may do everything. The tests keep to namespaces of their own and empty them.
"""

import os

collect_ignore_glob = [] if os.environ.get("NEURO_TEST_REDIS_URL") else ["test_*.py"]

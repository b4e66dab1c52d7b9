"""How much of what takes long is tested: films of drivers and crowds, lessons and rarer accidents in a browser."""

import os

import pytest

LONG = bool(os.environ.get("EMOCOURSE_LONG_TESTS"))
"""All of it, which takes half an hour more; a build server does so once a week."""

long_only = pytest.mark.skipif(not LONG, reason="one of the long tests: set EMOCOURSE_LONG_TESTS=1")

"""What every Python test needs of its process."""

import signal


def pytest_configure() -> None:
    # A shell starts a background job with Ctrl-C ignored, and what the job starts inherits that: the tests that interrupt a call would wait
    # for ever. A handler is not inherited, so that children start with the default.
    signal.signal(signal.SIGINT, signal.default_int_handler)

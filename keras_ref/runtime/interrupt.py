"""A request to end, by Ctrl-C or SIGTERM, is a KeyboardInterrupt, whatever a library made of it on its way up."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt for each error that follows a request to end.

    TensorFlow's C++ swallows the KeyboardInterrupt that falls while it turns an error of its own into one of Python's,
    and raises a RuntimeError in its place. SIGTERM, as a job's time limit sends it, is what Ctrl-C is; a signal that
    the process was told to ignore stays ignored. Outside the main thread, which alone hears of signals, nothing is
    done.

    Raises
    ------
    KeyboardInterrupt
    """
    asked = False

    def ask(*_):
        nonlocal asked
        asked = True
        raise KeyboardInterrupt

    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    taken = {number: one for number, one in before.items() if one not in (signal.SIG_IGN, None)}  # None: of C's
    for number in taken:
        signal.signal(number, ask)
    try:
        yield
    except Exception:
        if asked:
            raise KeyboardInterrupt from None
        raise
    finally:
        for number, one in taken.items():
            signal.signal(number, one)

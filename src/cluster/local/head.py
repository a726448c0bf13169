"""Runs `ray start --block` so that it ends with its owner and keeps hold of all that it starts."""

import ctypes
import os
import signal
import sys
import threading
import time

GRACE_SECONDS = 5
PR_SET_CHILD_SUBREAPER = 36  # prctl(2)


def end_with_owner():
    # The owner holds the other end of this pipe; even after a SIGKILL the system closes it.
    # Not by sys.stdin: its lock, held by this thread, would abort the interpreter at its exit.
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.killpg(os.getpgid(0), signal.SIGKILL)


if sys.platform == "linux":
    # A daemon started by a job becomes our child rather than init's, so it can still be found.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
threading.Thread(target=end_with_owner, daemon=True).start()

from ray.scripts.scripts import main  # noqa: E402

main()

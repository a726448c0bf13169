"""Runs a command on a terminal of its own, and types an answer at each of its questions.

Arguments: the answers, --, the command.  Standard output is what the terminal shows, the exit code the command's.
"""

import os
import pty
import sys

at = sys.argv.index("--")
answers, command = sys.argv[1:at], sys.argv[at + 1 :]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
shown = b""
while True:
    try:
        piece = os.read(terminal, 1 << 16)
    except OSError:  # So Linux tells the end.
        break
    if not piece:
        break
    shown += piece
    # A question ends with its guess, and waits.
    if answers and shown.endswith(b"]: "):
        os.write(terminal, answers.pop(0).encode())
sys.stdout.write(shown.decode())
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

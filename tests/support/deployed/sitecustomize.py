"""Python started with this on its path can neither write under READ_ONLY nor reach another machine.

Snowflake's app folder is read-only and has no way out. Permissions alone would not show it here:
the superuser is not bound by them.
"""

import errno
import os
import sys

FOLDER = os.path.realpath(os.environ["READ_ONLY"])
CHANGES = ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate", "shutil.move", "shutil.rmtree")


def refuse(event: str, args: tuple) -> None:
    """Raise what the operating system would."""
    writes = event in CHANGES or (
        event == "open" and args[2] is not None and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    )
    if writes and isinstance(args[0], str | bytes | os.PathLike):
        path = os.path.realpath(os.fsdecode(args[0]))
        if path.startswith(FOLDER + os.sep):
            raise OSError(errno.EROFS, "Read-only file system", path)
    if event == "socket.getaddrinfo" and args[0] not in (None, "", "localhost", "127.0.0.1", "0.0.0.0"):
        raise OSError(errno.ENETUNREACH, "Network is unreachable")
    if event == "socket.connect" and isinstance(args[1], tuple) and args[1][0] not in ("127.0.0.1", "::1"):
        raise OSError(errno.ENETUNREACH, "Network is unreachable")


sys.addaudithook(refuse)

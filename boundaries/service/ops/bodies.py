"""Bodies of answers: a file, a body that is measured, and an answer on its way out."""

import os
import socket
from collections.abc import Callable, Iterator
from typing import Any, Final

__all__ = ["FileBody", "Measured", "Outgoing", "Part"]

_VECTOR: Final = min(os.sysconf("SC_IOV_MAX"), 1024)
_FILE_STEP: Final = 1 << 20
_GATHER: Final = 1 << 18

Part = bytes | memoryview


class FileBody:
    """A file as a body, from where it stands: sent by the kernel where it can be, iterated elsewhere.

    `length` is how many bytes of it, None for all: whoever iterates gets no more than the head announced.
    """

    def __init__(self, file: Any, block: int = 1 << 16, length: int | None = None) -> None:
        self.file = file
        self._block = block
        self._left = length

    def __iter__(self) -> "FileBody":
        return self

    def __next__(self) -> bytes:
        size = self._block if self._left is None else min(self._block, self._left)
        data: bytes = self.file.read(size) if size else b""
        if not data:
            raise StopIteration
        if self._left is not None:
            self._left -= len(data)
        return data

    def close(self) -> None:
        """Close the file."""
        if hasattr(self.file, "close"):
            self.file.close()


class Measured:
    """A body whose end is told to `done`, with the number of bytes that were sent of it.

    The engine sends `parts` and sets `sent` itself; any other WSGI server iterates.
    """

    __slots__ = ("_done", "_owner", "parts", "sent")

    def __init__(self, parts: Any, owner: Any, done: Callable[[int], None]) -> None:
        self.parts = parts
        self.sent = 0
        self._owner = owner
        self._done: Callable[[int], None] | None = done

    def __iter__(self) -> Iterator[Part]:
        for part in self.parts:
            self.sent += len(part)
            yield part

    def close(self) -> None:
        """Close the body inside, then tell."""
        done, self._done = self._done, None
        try:
            if hasattr(self._owner, "close"):
                self._owner.close()
        finally:
            if done is not None:
                done(self.sent)


class Outgoing:
    """An answer on its way. Parts are sent as they are, many at a time: nothing is joined or copied.

    `length` is the number of body bytes that the head announced, None where each part is sent as a chunk or
    until the end of the connection. `sent` counts body bytes.
    """

    def __init__(self, head: bytes, body: Any, length: int | None, chunked: bool) -> None:
        self._parts: list[Part] = [head]
        self._next = 0
        self._taken = 0  # bytes of self._parts[self._next] that are sent
        self._head = len(head)
        self._chunked = chunked
        self._left = length
        self._rest: Iterator[Part] | None = None
        self._file: tuple[int, int] | None = None  # descriptor, offset
        self.sent = -len(head)
        if isinstance(body, (list, tuple)):
            self._add(body)
        elif isinstance(body, FileBody) and length is not None and hasattr(body.file, "fileno"):
            self._file = body.file.fileno(), body.file.tell()
        elif body is not None:
            self._rest = iter(body)
            self._gather()  # so that a short body leaves together with its head

    @property
    def complete(self) -> bool:
        """Whether everything that was announced has been sent."""
        return not self._left

    def _add(self, parts: Any) -> None:
        for part in parts:
            size = part.nbytes if isinstance(part, memoryview) else len(part)
            if not size or self._left == 0:
                continue
            if self._left is not None:
                if size > self._left:
                    part, size = memoryview(part)[: self._left], self._left
                self._left -= size
            if self._chunked:
                self._parts.append(b"%x\r\n" % size)
            self._parts.append(part)
            if self._chunked:
                self._parts.append(b"\r\n")

    def _more(self) -> bool:
        """Have the application make the next parts; False at the end."""
        self._parts, self._next, self._taken = [], 0, 0
        self._gather()
        return bool(self._parts)

    def _gather(self) -> None:
        gathered = 0
        while self._rest is not None and gathered < _GATHER:
            try:
                part = next(self._rest)
                gathered += len(part)
                self._add([part])
            except StopIteration:
                self._rest = None
                if self._chunked:
                    self._parts.append(b"0\r\n\r\n")

    def send(self, sock: socket.socket) -> bool:
        """Send what the client takes now. Return whether all is sent; raises OSError if the client is gone."""
        try:
            while self._next < len(self._parts) or self._more():
                self._passed(sock.sendmsg(self._window()))
            while self._file is not None and self._left:
                number, offset = self._file
                count = os.sendfile(sock.fileno(), number, offset, min(self._left, _FILE_STEP))
                if not count:
                    return True  # the file is shorter than announced
                self._file = number, offset + count
                self._left -= count
                self.sent += count
        except BlockingIOError:
            return False
        return True

    def _window(self) -> list[Part]:
        parts = self._parts
        if self._next or len(parts) > _VECTOR:
            parts = parts[self._next : self._next + _VECTOR]
        if self._taken:
            parts = [memoryview(parts[0])[self._taken :], *parts[1:]]
        return parts

    def _passed(self, count: int) -> None:
        self.sent += count
        count += self._taken
        parts = self._parts
        place, end = self._next, len(parts)
        while place < end:
            size = len(parts[place])
            if count < size:
                break
            count -= size
            place += 1
        self._next, self._taken = place, count

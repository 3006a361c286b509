"""A cache of texts that never holds more than so many bytes."""

import threading
from collections import OrderedDict
from collections.abc import Hashable


class TextCache:
    """Least recently used texts, bounded by their bytes; safe to share between threads."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.bytes = 0
        self._texts: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> bytes | None:
        """Return the text of `key` if it is still held."""
        with self._lock:
            text = self._texts.get(key)
            if text is not None:
                self._texts.move_to_end(key)
            return text

    def put(self, key: Hashable, text: bytes) -> None:
        """Hold `text`, letting go of the least recently used ones."""
        with self._lock:
            before = self._texts.pop(key, None)
            self._texts[key] = text
            self.bytes += len(text) - (len(before) if before is not None else 0)
            while self.bytes > self.max_bytes:
                _, dropped = self._texts.popitem(last=False)
                self.bytes -= len(dropped)

"""A cache that never holds more than so many bytes."""

import sys
import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

Value = TypeVar("Value")

#: What an entry takes beside its key's texts and its value: places in the table and the list, a tuple, two numbers.
_ENTRY: Final = 450


class Cache(Generic[Value]):
    """Least recently used values, bounded by what they cost in bytes; safe to share between threads."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.bytes = 0
        self._held: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Value | None:
        """Return the value of `key` if it is still held."""
        with self._lock:
            found = self._held.get(key)
            if found is None:
                return None
            self._held.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: Value, cost: int) -> None:
        """Hold `value`, which takes `cost` bytes, letting go of the least recently used ones; the key counts too."""
        parts = key if isinstance(key, tuple) else (key,)
        cost += _ENTRY + sum(sys.getsizeof(part) for part in parts)
        if cost > self.max_bytes:
            return
        with self._lock:
            before = self._held.pop(key, None)
            self._held[key] = (value, cost)
            self.bytes += cost - (before[1] if before is not None else 0)
            while self.bytes > self.max_bytes:
                _, (_, dropped) = self._held.popitem(last=False)
                self.bytes -= dropped

    def __len__(self) -> int:
        return len(self._held)

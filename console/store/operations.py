"""Write operations for one script call, in as few arguments as they fit into."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from console.store.scripts import MOST_ARGUMENTS

WORDS = "WORDS"  # an HSET whose fields and values are one text

type_of_argument = str | bytes | int | float


@dataclass(slots=True)
class Operations:
    """Commands on keys, in order. Runs of the same shape share one header."""

    keys: list[str] = field(default_factory=list[str])
    arguments: list[type_of_argument] = field(default_factory=list[type_of_argument])
    size: int = 0  # bytes, about
    _shape: tuple[str, int] = ("", 0)
    _header: int = 0  # where the number of operations of the present run stands

    def __bool__(self) -> bool:
        return bool(self.keys)

    def add(self, command: str, key: str, *arguments: type_of_argument) -> None:
        """Append `command key arguments…`, at most MOST_ARGUMENTS of them."""
        shape = (command, len(arguments))
        if shape != self._shape:
            self._shape, self._header = shape, len(self.arguments) + 1
            self.arguments += (command, 0, len(arguments))
        self.arguments[self._header] = int(self.arguments[self._header]) + 1
        self.keys.append(key)
        self.arguments += arguments
        self.size += len(key) + sum(
            len(argument) if isinstance(argument, str | bytes) else 8 for argument in arguments
        )

    def add_many(self, command: str, key: str, arguments: Sequence[type_of_argument]) -> None:
        """The same for any number of arguments that come in pairs or alone: HSET, HDEL, ZADD."""
        for start in range(0, len(arguments), MOST_ARGUMENTS):
            self.add(command, key, *arguments[start : start + MOST_ARGUMENTS])

    def add_words(self, key: str, pairs: Sequence[str]) -> None:
        """HSET of `field value` texts without spaces of their own."""
        for chunk in _chunks(pairs, MOST_ARGUMENTS // 2):
            self.add(WORDS, key, " ".join(chunk))

    def extend(self, other: "Operations") -> None:
        """Append all operations of another."""
        self.keys += other.keys
        self.arguments += other.arguments
        self.size += other.size
        self._shape = ("", 0)


def _chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]

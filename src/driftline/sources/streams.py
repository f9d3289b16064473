"""Redis streams: the entries of one key between two of their ids, in order."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from driftline.errors import OutsideError, PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

WAIT = 15.0
"""Seconds until the server must have answered."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its id, when the server took it (in milliseconds since 1970), and the row in it; empty where it has no such field."""

    id: str
    at: int
    body: bytes


class Stream:
    """A stream, open for reading. What was read is told to the server only when somebody says so.

    Args:
        url: the server's, as in `redis://user:password@host:6379/0`.
        name: the stream's key; it need not be there yet.
        group: under which name the server keeps how far it was read.
        field: the field of an entry that holds a row as a JSON object.

    Raises:
        PluginError: the client is not installed, or refuses the URL.
        OutsideError: the server does not answer, or the key is no stream.
    """

    def __init__(self, url: str, name: str, group: str, field: str = "row") -> None:
        try:
            import redis  # noqa: PLC0415  an extra
        except ImportError as error:
            raise PluginError("the package 'redis' is not installed", hint="pip install 'driftline[streams]'") from error
        self._redis, self._name, self._group, self._field = redis, name, group.encode(), field.encode()
        try:
            self._client: Any = redis.Redis.from_url(url, socket_timeout=WAIT, socket_connect_timeout=WAIT)
        except ValueError as error:
            raise PluginError(
                f"the Redis client refuses its URL: {error}", hint="write redis://host:6379/0, or rediss:// for TLS"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close()

    def entries(self, after: str | None, upto: str | None, limit: int) -> list[Entry]:
        """At most `limit` entries after one id and up to another; from the first to the last where None is said."""
        with self._asking():
            found = self._client.xrange(self._name, "-" if after is None else f"({after}", upto or "+", count=limit)
        return [Entry(ident.decode(), _order(ident.decode())[0], fields.get(self._field, b"")) for ident, fields in found]

    def lost_after(self, done: str) -> bool:
        """Whether entries after `done`, of which the server was told, were deleted. Redis before 7 does not count them."""
        with self._asking():
            stream, groups = self._client.xinfo_stream(self._name), self._client.xinfo_groups(self._name)
        if _order(stream.get("max-deleted-entry-id", b"0-0").decode()) > _order(done):
            return True
        read = next((one.get("entries-read") for one in groups if one["name"] == self._group), None)
        first = stream["first-entry"]
        if read is None or "entries-added" not in stream or (first and _order(first[0].decode()) <= _order(done)):
            # A stream is trimmed at its beginning: where what was read is still there, so is the rest.
            return False
        return bool(stream["entries-added"] - read > stream["length"])

    def commit(self, done: str) -> None:
        """Tell the server how far the group has read, for whoever watches how far we are behind."""
        with self._asking():
            stream = self._client.xinfo_stream(self._name)
            # How many that were is known only at the end.
            read = stream.get("entries-added") if stream["last-generated-id"].decode() == done else None
            try:
                self._client.xgroup_setid(self._name, self._group, done, entries_read=read)
            except self._redis.ResponseError:
                # There is no such group yet.
                self._client.xgroup_create(self._name, self._group, done, entries_read=read)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except self._redis.RedisError as error:
            said = f"the stream {self._name!r} cannot be read: {error}"
            raise OutsideError(said, hint="check URL, key and rights") from error


def _order(ident: str) -> tuple[int, int]:
    """The milliseconds and the number of an id, by which entries stand in order."""
    at, _, number = ident.partition("-")
    return int(at), int(number or 0)

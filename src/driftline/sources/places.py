"""Finds the files that a path, a pattern, a folder or a URL stands for."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pyarrow import ArrowException, fs

from driftline.errors import ConfigError, DataError, near_miss
from driftline.sources.faults import reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

CLOUD_SCHEMES = frozenset({"s3", "gs", "gcs", "abfs", "abfss", "hdfs"})
FILE_SCHEMES = CLOUD_SCHEMES | {"file"}
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""What Hive writes in a folder's name where the value is null."""

LISTED = 12
"""So many names are listed when nothing near was found."""

MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2"}


@dataclass(frozen=True, slots=True)
class Place:
    """One file: where it lies, what people call it, its size, and what the folders above it say (`day=3`)."""

    system: fs.FileSystem
    path: str
    name: str
    size: int
    partition: tuple[tuple[str, str], ...] = ()

    def head(self, size: int = 8) -> bytes:
        """The first bytes, as they lie there."""
        with reading(self.name), self.system.open_input_stream(self.path, compression=None) as stream:
            return bytes(stream.read(size))

    def file(self) -> pa.NativeFile:
        """Open it for reading here and there."""
        return self.system.open_input_file(self.path)

    def stream(self) -> pa.NativeFile:
        """Open it for reading from its beginning, unpacked: what packs it is known by its first bytes."""
        packing = next((name for magic, name in MAGIC.items() if self.head().startswith(magic)), None)
        return self.system.open_input_stream(self.path, compression=packing)


@dataclass(frozen=True, slots=True)
class _Root:
    """A file system, and how people write its paths: `prefix` stands for `base`."""

    system: fs.FileSystem
    prefix: str = ""
    base: str = ""

    def show(self, path: str) -> str:
        """The path as a person would write it: a URL, or relative where it lies below the working folder."""
        if self.prefix:
            return self.prefix + path.removeprefix(self.base)
        return path.removeprefix(f"{Path.cwd()}/")


def find(place: str) -> list[Place]:
    """The files behind a path, a pattern (`*`, `?`, `[…]`, `**`), a folder or a URL, in natural order.

    A folder is read with all below it, hidden files (`.x`, `_x`) left out; folders named `key=value`
    below it, or below the part of a pattern that has no wildcard, become columns.

    Raises:
        ConfigError: the URL's scheme is not known.
        DataError: nothing lies there; the hint says what does.
        SourceError: the place does not answer.
    """
    root, path = _locate(place)
    with reading(place):
        info = root.system.get_file_info(path)
        if info.type is fs.FileType.Directory:
            found = [_placed(root, file, base=path) for file in _files_below(root.system, path)]
            return _some(sorted(found, key=_natural), place, root, path)
        if info.type is not fs.FileType.NotFound:
            return [_placed(root, info, base=os.path.dirname(path))]  # noqa: PTH120  paths of any file system
        if any(sign in path for sign in "*?["):
            return _some(_matching(root, path), place, root, path)
    raise missing(place, root.system, path)


def bucket(url: str) -> tuple[fs.FileSystem, str]:
    """The object store of a URL, and the path in it.

    Raises:
        ConfigError: the URL's scheme is not known, or the store cannot be opened.
    """
    root, path = _locate(url)
    return root.system, path


def missing(place: str, system: fs.FileSystem, path: str) -> DataError:
    """The error for a path that is not there, with what lies beside it."""
    parent, name = os.path.split(path.rstrip("/"))
    while parent not in {"", "/"} and system.get_file_info(parent).type is not fs.FileType.Directory:
        parent, name = os.path.split(parent)
    names = [info.base_name for info in _listing(system, parent)] if parent else []
    return DataError(f"{place!r} does not exist: there is no {name!r} in {parent!r}", hint=_nearby(name, names, parent))


def _locate(place: str) -> tuple[_Root, str]:
    """The file system of a path or URL, and the path in it."""
    found = re.match(r"(?P<scheme>\w+)://(?P<host>[^/?]*)(?P<path>[^?]*|.*?)(?P<query>\?\w+=[^/]*)?$", place)
    if not found or found["scheme"] == "file":
        local = unquote(found["path"]) if found else place
        return _Root(fs.LocalFileSystem()), os.path.abspath(os.path.expanduser(local))  # noqa: PTH100, PTH111  patterns are no paths
    scheme, host = found["scheme"], found["host"]
    if scheme not in CLOUD_SCHEMES:
        raise ConfigError(
            f"{scheme}:// is not a place files are read from", hint=f"use a path, or one of {', '.join(sorted(CLOUD_SCHEMES))}"
        )
    try:
        system, base = _remote(scheme, host, found["query"] or "")
    except (ArrowException, OSError) as error:
        raise ConfigError(f"{place!r} cannot be opened: {error}", hint="check the URL and the credentials in the environment") from error
    base = base.rstrip("/")
    return _Root(system, f"{scheme}://{host}", base), f"{base}{found['path']}".rstrip("/")


def _remote(scheme: str, host: str, query: str) -> tuple[fs.FileSystem, str]:
    """The remote file system, with credentials and region from the usual environment."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if scheme == "s3" and not query and (region or endpoint):
        # Told where to look, it does not ask the world in which region the bucket lies.
        protocol, _, address = (endpoint or "").rpartition("://")
        options = {"endpoint_override": address, "scheme": protocol or "https"} if address else {}
        return fs.S3FileSystem(region=region or "us-east-1", **options), host
    found: tuple[fs.FileSystem, str] = fs.FileSystem.from_uri(f"{scheme.replace('gcs', 'gs')}://{host}/{query}")
    return found


def _placed(root: _Root, info: fs.FileInfo, base: str) -> Place:
    """The place of a listed file; folders between `base` and the file may name values."""
    folders = info.path.removeprefix(base).split("/")[:-1]
    pairs = (folder.partition("=") for folder in folders)
    partition = tuple((key, unquote(value)) for key, sign, value in pairs if sign and key)
    return Place(root.system, info.path, root.show(info.path), info.size or 0, partition)


def _matching(root: _Root, pattern: str) -> list[Place]:
    """The files that match a pattern, and those in folders that match it."""
    parts = pattern.split("/")
    fixed = next(i for i, part in enumerate(parts) if any(sign in part for sign in "*?["))
    base = "/".join(parts[:fixed]) or "/"
    found: dict[str, Place] = {}
    for info in _walk(root.system, base, parts[fixed:]):
        inside = _files_below(root.system, info.path) if info.type is fs.FileType.Directory else [info]
        found |= {file.path: _placed(root, file, base=base) for file in inside}
    return sorted(found.values(), key=_natural)


def _walk(system: fs.FileSystem, folder: str, parts: list[str]) -> Iterator[fs.FileInfo]:
    """What lies in a folder and matches the parts of a pattern, one part a level; `**` is any number of levels."""
    first, *rest = parts
    if first == "**":
        inside = [info.path for info in _listing(system, folder) if info.type is fs.FileType.Directory and not _is_hidden(info.base_name)]
        for inner in inside:
            yield from _walk(system, inner, parts)
        yield from _walk(system, folder, rest or ["*"])
        return
    for info in _listing(system, folder):
        hidden = _is_hidden(info.base_name) and not _is_hidden(first)
        if hidden or not fnmatchcase(info.base_name, first):
            continue
        if not rest:
            yield info
        elif info.type is fs.FileType.Directory:
            yield from _walk(system, info.path, rest)


def _files_below(system: fs.FileSystem, folder: str) -> list[fs.FileInfo]:
    """All files in a folder and below it, but hidden ones."""
    return [
        info
        for info in _listing(system, folder, recursive=True)
        if info.type is not fs.FileType.Directory and not any(map(_is_hidden, info.path.removeprefix(folder).split("/")))
    ]


def _is_hidden(name: str) -> bool:
    """Whether a name is one that Hadoop and shells pass over; a folder may yet name the value of `_key`."""
    return name.startswith((".", "_")) and "=" not in name


def _listing(system: fs.FileSystem, folder: str, *, recursive: bool = False) -> list[fs.FileInfo]:
    listed: list[fs.FileInfo] = system.get_file_info(fs.FileSelector(folder, allow_not_found=True, recursive=recursive))
    return listed


def _natural(place: Place) -> list[tuple[int, str]]:
    """Sort part-2 before part-10."""
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in re.split(r"(\d+)", place.path)]


def _some(found: list[Place], place: str, root: _Root, path: str) -> list[Place]:
    """The same files, unless there are none."""
    if found:
        return found
    parts = path.split("/")
    fixed = next((i for i, part in enumerate(parts) if any(sign in part for sign in "*?[")), len(parts))
    folder = "/".join(parts[:fixed]) or "/"
    names = [info.base_name for info in _listing(root.system, folder)]
    what = "matches no file" if fixed < len(parts) else "holds no file"
    raise DataError(f"{place!r} {what}", hint=_nearby("/".join(parts[fixed:]), names, root.show(folder)))


def _nearby(name: str, names: Iterable[str], folder: str) -> str:
    """Which name beside it was probably meant, or what there is."""
    known = sorted(names)
    if not known:
        return f"{folder!r} is empty"
    said = near_miss(name, known)
    if said.startswith("did you mean"):
        return said
    more = f" and {len(known) - LISTED} more" if len(known) > LISTED else ""
    return f"{folder!r} holds {', '.join(known[:LISTED])}{more}"

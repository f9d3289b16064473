"""Owners: a process that is dead is known to be so, and no other is ever taken for one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.store.owners import Life, is_dead, new_owner, own_life, read_life

if TYPE_CHECKING:
    from collections.abc import Iterator

SRC = str(Path(__file__).parents[2] / "src")
ENVIRON = {**os.environ, "PYTHONPATH": SRC}
CODE = "from driftline.store.owners import new_owner; print(new_owner('worker'), flush=True); input()"
BOOT = "00000000-1111-4222-8333-444444444444"

numbers = st.integers(1, 4_194_304)
places = st.builds("{}/{}/{}/{}".format, st.from_regex(r"[A-Za-z0-9.-]{1,30}", fullmatch=True), st.uuids(), numbers, numbers | st.just(""))
lives = st.builds(Life, numbers, st.integers(0, 10**15), places)


@pytest.fixture
def other() -> Iterator[subprocess.Popen[str]]:
    """A process that owns something; its first line is its owner's name."""
    with subprocess.Popen([sys.executable, "-c", CODE], env=ENVIRON, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def name_of(process: subprocess.Popen[str]) -> str:
    """What it calls itself."""
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def renamed(owner: str, **changes: object) -> str:
    """The same owner, but for something of where it lives."""
    life = read_life(owner)
    assert life is not None
    return f"worker {replace(life, **changes)}"  # type: ignore[arg-type]  each is of its field's type


def test_a_killed_process_is_dead_at_once(other: subprocess.Popen[str]) -> None:
    """Before its parent has asked after it, and after; while it lives, even stopped, it is not."""
    owner = name_of(other)
    assert not is_dead(owner)
    other.send_signal(signal.SIGSTOP)
    assert not is_dead(owner)
    other.kill()
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    assert is_dead(owner)
    other.wait()
    assert is_dead(owner)


def test_a_number_that_is_used_again_is_recognised(other: subprocess.Popen[str]) -> None:
    """Who has the number now began at another time: the owner is dead, though a process of its number lives."""
    life = read_life(name_of(other))
    assert life is not None
    assert not is_dead(f"worker {life}")
    assert is_dead(f"worker {replace(life, began=life.began - 1)}")
    assert is_dead(renamed(new_owner("me"), began=1))


def test_of_another_place_nobody_knows(other: subprocess.Popen[str]) -> None:
    """Another host, another start of the machine, another name space: its numbers say nothing here, whether it lives or not."""
    owner = name_of(other)
    other.kill()
    other.wait()
    life = read_life(owner)
    assert life is not None
    host, boot, processes, times = life.place.split("/")
    places = [
        f"other/{boot}/{processes}/{times}",
        f"{host}/{BOOT}/{processes}/{times}",
        f"{host}/{boot}/1/{times}",
        f"{host}/{boot}/{processes}/1",
    ]
    assert [is_dead(renamed(owner, place=place)) for place in places] == [False] * 4
    assert is_dead(owner)


def test_a_name_space_of_processes_is_a_place_of_its_own() -> None:
    """What died in a real one, under the first number, is not known to be dead from outside, and the other way round."""
    line = "import sys; from driftline.store.owners import is_dead, new_owner; print(new_owner('worker')); print(is_dead(sys.argv[1]))"
    command = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", line]
    ended = subprocess.run([sys.executable, "-c", CODE], env=ENVIRON, input="\n", capture_output=True, text=True, check=True)
    gone = ended.stdout.rstrip("\n")
    done = subprocess.run([*command, gone], env=ENVIRON, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"needs the right to make name spaces: {done.stderr.strip()}")
    inside, said = done.stdout.splitlines()
    life = read_life(inside)
    assert life is not None
    assert life.number == 1
    assert said == "False"
    assert is_dead(gone)
    assert not is_dead(inside)


def test_a_proc_of_another_name_space_tells_nothing() -> None:
    """Where /proc was not mounted anew, its numbers are not ours: nobody claims to know."""
    line = "from driftline.store.owners import own_life, new_owner; print(own_life(), new_owner('worker').split()[0])"
    command = ["unshare", "--pid", "--fork", sys.executable, "-c", line]
    done = subprocess.run(command, env=ENVIRON, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"needs the right to make name spaces: {done.stderr.strip()}")
    assert done.stdout.split() == ["None", "worker"]


def test_somebody_elses_process_is_there() -> None:
    """The first of all lives, whether we may signal it or not."""
    first = Path("/proc/1")
    life = own_life()
    assert life is not None
    began = int((first / "stat").read_text().rpartition(")")[2].split()[19])
    assert not is_dead(f"worker {replace(life, number=1, began=began)}")


def test_where_there_is_no_proc_nobody_knows(tmp_path: Path) -> None:
    """Such an owner has a name all the same, and no other, who has a life, is said to be dead."""
    owner = new_owner("worker", tmp_path)
    assert (own_life(tmp_path), read_life(owner)) == (None, None)
    assert not is_dead(owner)
    dead = renamed(new_owner("me"), began=1)
    assert (is_dead(dead), is_dead(dead, tmp_path)) == (True, False)


def test_threads_of_one_process_are_several_owners_of_one_life() -> None:
    """Each has a name of its own, and none is dead while the process lives, though the thread is."""
    names: list[str] = []
    threads = [threading.Thread(target=lambda: names.append(new_owner("worker"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == 4
    assert {read_life(name) for name in names} == {own_life()}
    assert not any(is_dead(name) for name in names)


@given(st.text(), lives)
def test_a_life_is_read_as_it_was_written(said: str, life: Life) -> None:
    """Whatever stands before it."""
    assert read_life(f"{said} {life}") == life


@given(st.text() | st.builds("{} {}".format, st.text(), lives), st.text(min_size=1))
def test_any_text_is_read(owner: str, after: str) -> None:
    """What does not end with a life has none, or another; nothing raises, and nobody strange is dead."""
    for text in (owner, f"{owner} {after}"):
        life = read_life(text)
        assert life is None or text.endswith(f" {life}")
        assert not is_dead(text)


@settings(max_examples=30)
@given(st.text(max_size=40) | st.builds(" {}".format, lives))
def test_what_people_call_themselves_is_no_life(who: str) -> None:
    """A name that ends like a life is still an owner of this process."""
    assert read_life(new_owner(who)) == own_life()

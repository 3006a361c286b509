"""Work in units, each by itself: one after the other, in processes, or on a Dask cluster; what comes back is the same.

A unit is a function of a module and one argument that can be pickled; it shares nothing with others, so a unit whose
worker was killed is done again. Long results a unit writes to disk itself, and gives back where.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from boundaries.errors import BoundariesError
from boundaries.extras import needed
from boundaries.ground.parallel import end_with_parent

Given = TypeVar("Given")
Made = TypeVar("Made")


def done(
    work: Callable[[Given], Made], units: Iterable[Given], workers: int = 1, dask: str = ""
) -> Iterator[Made]:
    """Do units of work; results come in the order of the units, whoever did them.

    Parameters
    ----------
    work
        A function of a module that workers can import.
    workers
        Processes of this machine; 1 for none.
    dask
        The address of a Dask scheduler, e.g. ``tcp://10.0.0.1:8786``; the workers need this package, and a folder that
        is the same for all where a unit writes files.
    """
    if dask:
        yield from _on_dask(work, list(units), dask)
    elif workers > 1:
        try:
            with ProcessPoolExecutor(workers, initializer=end_with_parent) as pool:
                yield from pool.map(work, units)
        except BrokenProcessPool:
            raise BoundariesError(
                "a process was killed from outside, as a machine does whose memory is full: free some, or name fewer "
                "with --workers, and run it again"
            ) from None
    else:
        yield from map(work, units)


#: Seconds to wait for the first worker of a cluster.
PATIENCE = 30
#: How often a unit whose worker died is given to another.
RETRIES = 5


def _on_dask(work: Callable[[Given], Made], units: list[Given], address: str) -> Iterator[Made]:
    with needed():
        from distributed import Client, KilledWorker
        from distributed.comm import get_address_host_port
    silent = (
        f"no Dask scheduler with a worker answers at {address!r} ({{why}}); start them with dask scheduler and dask "
        "worker, and give the address that the first tells"
    )
    try:
        get_address_host_port(address, strict=True)
        client = Client(address, set_as_default=False)
    except (OSError, ValueError) as error:  # time that ran out is an OSError
        raise BoundariesError(silent.format(why=error)) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            raise BoundariesError(silent.format(why=f"no worker in {PATIENCE} s")) from None
        futures: list[Any] = [client.submit(work, unit, pure=False, retries=RETRIES) for unit in units]
        for future in futures:
            try:
                yield future.result()
            except KilledWorker:
                raise BoundariesError(
                    f"a unit of work ended {RETRIES + 1} workers: give them more memory, and run it again"
                ) from None
            future.release()

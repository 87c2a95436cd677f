"""The lease of this process: while it is renewed, the rows it works on are its own."""

import os
import threading
import time
from uuid import UUID, uuid4

from prefect.logging import get_logger

from db import leases
from db.retrying import persistent
from db.session import unit_of_work
from settings import get_settings

_LOGGER = get_logger("leases")
_RENEWALS = 4
"""How often a lease is renewed while it runs."""


class _Keeper:
    """Renews one lease until the process ends; a process that was forked gets one of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process_id = 0
        self._lease_id = uuid4()

    def lease(self) -> UUID:
        with self._lock:
            if self._process_id != os.getpid():
                self._lease_id = uuid4()
                _renew(self._lease_id)
                self._process_id = os.getpid()
                threading.Thread(
                    target=self._keep, args=(self._lease_id,), daemon=True, name="lease"
                ).start()
            return self._lease_id

    def _keep(self, lease_id: UUID) -> None:
        while True:
            time.sleep(get_settings().lease_seconds / _RENEWALS)
            try:
                _renew_once(lease_id)
            except Exception as error:
                _LOGGER.warning("The lease of this process could not be renewed: %s", error)


def _renew_once(lease_id: UUID) -> None:
    with unit_of_work() as session:
        leases.renew(session, lease_id, get_settings().lease_seconds)


_renew = persistent(_renew_once)
_KEEPER = _Keeper()


def lease_of_process() -> UUID:
    """The lease of this process, which is renewed from now on."""
    return _KEEPER.lease()

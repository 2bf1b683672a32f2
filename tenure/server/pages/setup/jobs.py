"""What the worker does for somebody while their page waits: kept here until they have seen what came of it."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

MOST = 100
# what is done within that time needs no waiting page
SECONDS = 2.5


@dataclass(slots=True, kw_only=True)
class Job:
    """Work under way: of which page and whose, its outcome to come, what the page shows of it, how far it is."""

    page: str
    user: int
    future: Future[Any]
    told: dict[str, Any] = field(default_factory=dict)
    progress: dict[str, Any] = field(default_factory=dict)

    def done(self, seconds: float = 0) -> bool:
        """Whether it is over, after waiting at most so long; however it ended."""
        try:
            self.future.exception(seconds)
        except TimeoutError:
            return False
        return True


_jobs: OrderedDict[str, Job] = OrderedDict()
_lock = threading.Lock()


def keep(job: Job, name: str = "") -> str:
    """The name under which the page asks for the job again; one that cannot be guessed, where none is given."""
    token = name or secrets.token_urlsafe(12)
    with _lock:
        _jobs[token] = job
        while len(_jobs) > MOST:
            _jobs.popitem(last=False)
    return token


def find(page: str, user: int, token: str) -> Job | None:
    """The job of that name, where it is this page's and this user's."""
    with _lock:
        job = _jobs.get(token)
    return job if job is not None and (job.page, job.user) == (page, user) else None

"""How a write is tried again while the database cannot be reached."""

from sqlalchemy.exc import OperationalError
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random_exponential

persistent = retry(
    retry=retry_if_exception_type(OperationalError),
    wait=wait_random_exponential(multiplier=0.2, max=5),
    stop=stop_after_delay(30),
    reraise=True,
)
"""For functions that are one unit of work, and may be repeated: they are tried for 30 seconds."""

patient = retry(
    retry=retry_if_exception_type(OperationalError),
    wait=wait_random_exponential(multiplier=0.2, max=5),
    stop=stop_after_delay(600),
    reraise=True,
)
"""The same for what was paid for and would be lost: ten minutes."""

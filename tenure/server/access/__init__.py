"""The only place where rows are fetched for somebody: each function asks first whether that one may.

Pages and API call these functions and nothing below them, so that what one of them hides the other cannot show.
"""

from __future__ import annotations

from tenure.server.access.reader import Denied, Reader, require

__all__ = ["Denied", "Reader", "require"]

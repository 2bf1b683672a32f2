"""Code to copy that sends events here: the standard clients, pointed at this host. A test runs what it can of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """Code that sends an event: what it is called, what has to be installed first, and the code with places to fill."""

    name: str
    title: str
    install: str
    code: str

    def filled(self, host: str, key: str) -> str:
        """The code with the address and the write key in it."""
        return self.code.replace("HOST", host).replace("WRITE_KEY", key)


SNIPPETS = (
    Snippet(
        name="curl",
        title="curl",
        install="",
        code="""\
curl HOST/v1/track -u WRITE_KEY: -H 'X-Strict-Mode: 1' -H 'Content-Type: application/json' -d '{
  "userId": "c17", "event": "Order Completed",
  "properties": {"order_id": "1001", "revenue": 49.90, "currency": "EUR"}
}'
""",
    ),
    Snippet(
        name="browser",
        title="Browser (Segment's client)",
        install="npm install @segment/analytics-next",
        code="""\
import { AnalyticsBrowser } from '@segment/analytics-next'

const analytics = AnalyticsBrowser.load({ writeKey: 'WRITE_KEY', cdnURL: 'HOST' })

analytics.page()
analytics.identify('c17', { email: 'ann@example.com' })
analytics.track('Product Viewed', { product_id: 'p1', price: 49.90 })
""",
    ),
    Snippet(
        name="node",
        title="Node (Segment's client)",
        install="npm install @segment/analytics-node",
        code="""\
const { Analytics } = require('@segment/analytics-node')

const analytics = new Analytics({ writeKey: 'WRITE_KEY', host: 'HOST' })

analytics.identify({ userId: 'c17', traits: { email: 'ann@example.com' } })
analytics.track({ userId: 'c17', event: 'Order Completed', properties: { revenue: 49.90 } })
analytics.closeAndFlush()
""",
    ),
    Snippet(
        name="python",
        title="Python (Segment's client)",
        install="pip install segment-analytics-python",
        code="""\
from segment import analytics

analytics.write_key = "WRITE_KEY"
analytics.host = "HOST"

analytics.identify("c17", {"email": "ann@example.com"})
analytics.track("c17", "Order Completed", {"revenue": 49.90})
analytics.shutdown()
""",
    ),
    Snippet(
        name="events",
        title="Tenure's own endpoint",
        install="",
        code="""\
curl HOST/api/v1/events -H 'Authorization: Bearer WRITE_KEY' -H 'Content-Type: application/json' -d '{"events": [
  {"event": "Order Completed", "customer_id": "c17", "time": "2026-01-31T12:00:00Z",
   "message_id": "order-1001", "properties": {"revenue": 49.90}}
]}'
""",
    ),
    Snippet(
        name="customerio",
        title="Customer.io's client for Python",
        install="pip install customerio",
        code="""\
from urllib.parse import urlsplit
from customerio import CustomerIO

client = CustomerIO("tenure", "WRITE_KEY", host=urlsplit("HOST").hostname, port=urlsplit("HOST").port or 443)
client.identify(id="c17", email="ann@example.com")
client.track(customer_id="c17", name="Order Completed", data={"revenue": 49.90})
""",
    ),
)

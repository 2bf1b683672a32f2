"""Which pages wait while the store is being written?"""
import threading, time
from urllib.parse import quote
PATHS = ["/overview","/","/stages/classic/at_risk","/stages/classic/at_risk/pictures","/forecast","/people","/actions","/actions/new","/today","/accounts","/renewals","/feedback","/metrics","/metrics/orders","/cohorts","/journeys","/channels","/definitions","/definitions/classic","/data","/changes","/access","/healthz",
"/api/v1/metrics","/api/v1/metrics/orders","/api/v1/scorecard","/api/v1/customers","/api/v1/lifecycles/classic/stages","/api/v1/forecast","/definitions/list/targets","/data/upload"]
def test_busy(as_, site):
    from tests.server.conftest import PASSWORD
    from tenure.server import holding
    ws = holding.workspace()
    client = as_("administrator")
    row = ws.roster.look(__import__("tenure.lifecycle.roster",fromlist=["Asked"]).Asked(), limit=1).rows[0]["id"]
    from django.urls import get_resolver
    paths = PATHS + [f"/people/{quote(row)}", f"/person/timeline/{quote(row)}", f"/person/why/{quote(row)}", f"/person/consent/{quote(row)}", f"/person/held/{quote(row)}", f"/api/v1/customers/{quote(row)}", f"/api/v1/customers/{quote(row)}/explain", f"/api/v1/customers/{quote(row)}/history", f"/api/v1/customers/{quote(row)}/timeline"]
    hold, go = threading.Event(), threading.Event()
    def writer():
        with ws._store.transaction():
            hold.set(); go.wait(0.9)
    out = []
    for cold in (True,):
        for p in paths:
            hold.clear(); go.clear()
            t = threading.Thread(target=writer); t.start(); hold.wait()
            b = time.perf_counter(); s = client.get(p).status_code; took = time.perf_counter() - b
            go.set(); t.join()
            b = time.perf_counter(); client.get(p); again = time.perf_counter() - b
            out.append((round(took,2), round(again,2), s, p))
    for o in sorted(out, reverse=True): print(*o)

"""Segment's Python library as its README uses it. The one argument is the job, as JSON."""

import json
import sys
import time

from segment.analytics.client import Client

job = json.loads(sys.argv[1])
lost = []
client = Client(
    job["writeKey"],
    host=job["host"],
    on_error=lambda error, items: lost.append(repr(error)),
    upload_size=10,
    upload_interval=0.1,
    gzip=job["kind"] == "calls",
)


def every_call():
    user = job["name"]
    ids = {"user_id": user, "anonymous_id": f"{user}-device"}
    client.track(event="Order Completed", properties={"revenue": 19.99, "nested": {"a": 1}}, **ids)
    client.identify(traits={"email": "a@example.com"}, **ids)
    client.page(name="Home", **ids)
    client.screen(name="Main", **ids)
    client.group(group_id="g1", traits={"name": "Acme"}, **ids)
    client.alias(previous_id="old1", user_id=user)
    client.track(anonymous_id=f"{user}-stranger", event="Anonymous")
    client.track(user_id=user, event="Kept Away", integrations={"All": False})
    client.track(user_id=user, event="Let In", integrations={"All": False, "Statsig": True})


def stream():
    for n in range(job["count"]):
        client.track(user_id=f"u{n}", event=job["name"], properties={"n": n})
        time.sleep(job["everyMs"] / 1000)


every_call() if job["kind"] == "calls" else stream()
client.flush()
client.join()
if lost:
    sys.exit(f"lost: {lost}")

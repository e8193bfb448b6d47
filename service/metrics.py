"""What the service says of itself, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUEST_SECONDS = Histogram(
    "takt_http_request_seconds",
    "From a request's first byte to its answer's last, by route and status.",
    ["method", "route", "status"],
    buckets=SECONDS,
)
LOGINS = Counter("takt_logins", "Logins tried, by outcome.", ["outcome"])
SOCKETS = Gauge("takt_websocket_clients", "Browsers that are told of notices just now.")
NOTICES = Counter("takt_notices_sent", "Notices sent to browsers.")
NOTICE_SECONDS = Histogram(
    "takt_notice_seconds", "From when a notice was stored to its sending.", buckets=SECONDS
)
JOBS = Counter(
    "takt_jobs", "Jobs in the background that ended, by kind and outcome.", ["kind", "outcome"]
)

"""What is stored and loaded, as functions of a session; the caller's transaction holds it together.

>>> with writing(open_database(settings.database_url)) as session:
...     number = repositories.publish_version(session, publication, now)
"""

from pipelines.storage.repositories.drift import (
    DriftVerdict,
    add_drift_verdict,
    list_drift_verdicts,
)
from pipelines.storage.repositories.facts import (
    Batch,
    Quarantined,
    add_batch,
    add_quarantine,
    find_batch,
    list_quarantine,
    load_daily,
    load_product_plants,
    load_products,
    sync_daily,
    sync_product_plants,
    sync_products,
)
from pipelines.storage.repositories.forecasts import load_forecast, sync_forecast
from pipelines.storage.repositories.plants import (
    find_snapshot,
    load_plant,
    load_snapshot,
    store_plant,
)
from pipelines.storage.repositories.sync import Changes, NotStoredError
from pipelines.storage.repositories.versions import (
    NotFeasibleError,
    Publication,
    StoredVersion,
    VersionMeta,
    latest_published,
    list_versions,
    load_version,
    publish_version,
    store_draft,
)

__all__ = [
    "Batch",
    "Changes",
    "DriftVerdict",
    "NotFeasibleError",
    "NotStoredError",
    "Publication",
    "Quarantined",
    "StoredVersion",
    "VersionMeta",
    "add_batch",
    "add_drift_verdict",
    "add_quarantine",
    "find_batch",
    "find_snapshot",
    "latest_published",
    "list_drift_verdicts",
    "list_quarantine",
    "list_versions",
    "load_daily",
    "load_forecast",
    "load_plant",
    "load_product_plants",
    "load_products",
    "load_snapshot",
    "load_version",
    "publish_version",
    "store_draft",
    "store_plant",
    "sync_daily",
    "sync_forecast",
    "sync_product_plants",
    "sync_products",
]

"""Jobs on Celery: `takt worker` runs them. Only where a Redis is set."""

from __future__ import annotations

from celery import Celery

from pipelines.jobs.running import run_job
from pipelines.settings import load_settings, utc_now
from pipelines.storage import open_database


def make_celery(redis_url: str) -> Celery:
    """The Celery application over a Redis; results are in the database, not in it."""
    app = Celery("takt", broker=redis_url)
    app.conf.update(
        task_ignore_result=True,
        task_acks_late=True,  # a job whose worker dies is handed over again, and has failed by then
        worker_prefetch_multiplier=1,  # jobs take minutes: one waits in Redis, not with a busy worker
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={"visibility_timeout": 3600},
        task_default_queue="takt.jobs",
    )
    return app


def worker_app() -> Celery:
    """The application with the job's task, for workers, as the environment has it."""
    settings = load_settings()
    if settings.redis_url is None:
        raise SystemExit("TAKT_REDIS_URL: expected the address of a Redis, found nothing")
    app = make_celery(settings.redis_url)

    def run(id: str) -> None:
        engine = open_database(settings.database_url)
        try:
            run_job(engine, utc_now, id, lambda: False)
        finally:
            engine.dispose()

    app.task(name="takt.run_job")(run)
    return app

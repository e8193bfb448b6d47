"""What `celery -A service.celery_worker worker` looks for: the application, as the environment has it."""

from __future__ import annotations

from service.celery_app import worker_app

app = worker_app()

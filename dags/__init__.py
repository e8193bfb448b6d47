"""Airflow DAGs: thin tasks that call the steps in `pipelines`."""

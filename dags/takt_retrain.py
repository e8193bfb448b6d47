"""**Fit anew what drifted**: the models that the drift step decided about meet their champions.

Owner: planning. Runs when *drift* of the main loop has made a verdict. *retrain* fits every model for
which a decision is open (table `retrainings`), by the same code as the main loop; the contest's outcome
and the version are kept with the decision. Where nothing is due it does nothing.

Assets in: the verdict. Out: the models, in the registry that the settings name
(`MLFLOW_TRACKING_URI`). Run it again at any time: a decision that was followed is closed.
"""

from datetime import timedelta

from airflow.sdk import Asset, dag, task

DEFAULTS = {"owner": "planning", "retries": 0, "execution_timeout": timedelta(hours=1)}
VERDICT = Asset(name="verdict", uri="takt://drift", group="takt")
MODELS = Asset(name="models", uri="takt://models", group="takt")


@dag(
    dag_id="takt_retrain",
    doc_md=__doc__,
    schedule=[VERDICT],
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["takt", "learning"],
)
def takt_retrain() -> None:
    """One task: whatever is due."""

    @task(inlets=[VERDICT], outlets=[MODELS])
    def retrain() -> None:
        from pipelines.context import load_context
        from pipelines.retraining import retrain as fit_what_is_due

        fit_what_is_due(load_context())

    retrain()


takt_retrain()

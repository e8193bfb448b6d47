"""**Takt's main loop**: from daily history to a published plan of 50 lines, and whether it drifts.

Owner: planning. Steps: *ingest* reads, checks and stores the history; *forecast* says what will be
ordered and takes the plant's snapshot; *train* improves the policy; *plan* drafts with it and
refines the draft; *publish* makes an immutable version; *foresee* says which of its orders will
be late and where stock runs out; *drift* judges inputs, forecast and plan.

Assets in: the data set named in params.yaml. Out: those below, at the places that the settings
name (`TAKT_DATA`, `TAKT_DATABASE_URL`, `MLFLOW_TRACKING_URI`).

Run it again at any time: a step whose inputs and parameters are the same keeps what it stored,
*publish* makes a new version. Nothing retries by itself: the steps are deterministic, writers wait
for a busy database, and a second run goes on where the first one failed.
"""

from datetime import timedelta

from airflow.sdk import Asset, chain, dag, task

OWNER = "planning"
TAGS = ["takt", "planning"]
DEFAULTS = {"owner": OWNER, "retries": 0, "execution_timeout": timedelta(hours=1)}

HISTORY = Asset(name="history", uri="takt://silver", group="takt")
SNAPSHOT = Asset(name="snapshot", uri="takt://plant", group="takt")
POLICY = Asset(name="policy", uri="takt://policy", group="takt")
PLAN = Asset(name="plan", uri="takt://schedule", group="takt")
VERSION = Asset(name="version", uri="takt://published", group="takt")
OUTLOOK = Asset(name="outlook", uri="takt://foresee", group="takt")
VERDICT = Asset(name="verdict", uri="takt://drift", group="takt")

# What each step reads and what it makes.
STEPS: dict[str, tuple[list[Asset], list[Asset]]] = {
    "ingest": ([], [HISTORY]),
    "forecast": ([HISTORY], [SNAPSHOT]),
    "train": ([SNAPSHOT], [POLICY]),
    "plan": ([SNAPSHOT, POLICY], [PLAN]),
    "publish": ([SNAPSHOT, PLAN], [VERSION]),
    "foresee": ([HISTORY, SNAPSHOT, VERSION], [OUTLOOK]),
    "drift": ([HISTORY, SNAPSHOT, PLAN], [VERDICT]),
}


@dag(
    dag_id="takt_main",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=TAGS,
)
def takt_main() -> None:
    """One task a step, each after the one before."""

    def step(name: str) -> None:
        from pipelines.steps import perform

        perform(name)

    chain(
        *(
            task(task_id=name, inlets=reads, outlets=makes)(step)(name)
            for name, (reads, makes) in STEPS.items()
        )
    )


takt_main()

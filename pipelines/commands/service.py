"""The service: serve, worker, users add, users list, users change."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.commands.errors import BAD_INPUT, FAILED, CommandError
from pipelines.commands.options import Json, epilog
from pipelines.commands.output import print_json, print_table, say

if TYPE_CHECKING:
    from pipelines.accounts import Accounts

APPLICATION = "service.app:serve_app"  # by name: pipelines do not import the service
CELERY = "service.celery_worker"
MOST_NAMED = 5  # users
# Seconds and tries of a request to MLflow: a planner who publishes waits for it. Its own are 120 s and 7.
PATIENCE = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "5", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}

Role = Annotated[str, typer.Option("--role", help="viewer, planner or admin.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option("--password-file", help="File that holds the password; else it is asked for."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    codes = "0 stopped, 2 bad input, 3 the database or the port cannot be used"
    app.command(epilog=epilog("takt serve", "takt serve --host 0.0.0.0 --port 8000", codes=codes))(
        serve
    )
    app.command(epilog=epilog("TAKT_REDIS_URL=redis://127.0.0.1:6379/0 takt worker"))(worker)
    users = typer.Typer(help="Who may log in to the service.", no_args_is_help=True)
    users.command("add", epilog=epilog("takt users add ana --role admin"))(add_user)
    users.command("list", epilog=epilog("takt users list --json"))(list_users)
    users.command(
        "change",
        epilog=epilog("takt users change ana --role planner", "takt users change bo --shut-out"),
    )(change_user)
    app.add_typer(users, name="users")


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    proxies: Annotated[
        str, typer.Option(help="Addresses of proxies whose word on the client is taken.")
    ] = "127.0.0.1",
) -> None:
    """Serve plans, drafts and what happens to browsers, until stopped."""
    import uvicorn

    from pipelines.settings import load_secret, load_settings
    from pipelines.storage import open_database

    settings = load_settings()
    load_secret(settings)  # what is wrong is said now, not by each worker
    open_database(settings.database_url).dispose()
    _find_service()
    for name, value in PATIENCE.items():
        os.environ.setdefault(name, value)
    say(f"http://{host}:{port} (Ctrl-C stops)")
    try:
        uvicorn.run(
            APPLICATION,
            factory=True,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=proxies,
            ws_max_size=65_536,
            timeout_graceful_shutdown=5,
        )
    except SystemExit as error:  # uvicorn's, where it cannot listen
        if error.code:
            raise CommandError(f"cannot listen on {host}:{port}", FAILED) from error


def serve_dashboard(port: int) -> None:
    """Serve the dashboard on this machine, and say how to log in, until stopped."""
    if is_listening(port):
        say(
            f"port {port} is taken; a dashboard that is open there shows the new version by itself,"
        )
        say(f"anything else: takt serve --port {port + 1}")
        return
    with _Accounts() as accounts:
        users = accounts.list()
    say(f"the dashboard with the schedule just published: http://127.0.0.1:{port}")
    if users:
        say(f"log in as {', '.join(user.name for user in users[:MOST_NAMED])}")
    else:
        program = Path(sys.executable).with_name("takt")
        say("nobody can log in yet; in another terminal, with a name of your choice:")
        say(f"    {program} users add NAME --role admin")
    serve(port=port)


def is_listening(port: int) -> bool:
    """Whether something on this machine listens there already."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def worker(
    concurrency: Annotated[int, typer.Option(min=1, help="Jobs at a time.")] = 1,
) -> None:
    """Run jobs that the service hands over through Redis, until stopped."""
    from pipelines.settings import load_settings

    if load_settings().redis_url is None:
        raise CommandError("TAKT_REDIS_URL: expected the address of a Redis, found nothing")
    _find_service()
    os.execv(  # noqa: S606 - no shell is wanted
        sys.executable,
        [
            sys.executable, "-m", "celery", "-A", CELERY, "worker",
            "--loglevel", "INFO", "--concurrency", str(concurrency), "--queues", "takt.jobs",
        ],
    )  # fmt: skip


def add_user(
    name: Annotated[str, typer.Argument(help="Name to log in with.")],
    role: Role = "viewer",
    password_file: PasswordFile = None,
    as_json: Json = False,
) -> None:
    """Add someone who may log in. The first admin is made here."""
    from pipelines.accounts import AccountError

    role_ = _role(role)
    password = _password(password_file)
    with _Accounts() as accounts:
        try:
            user = accounts.add(name, password, role_)
        except AccountError as error:
            raise CommandError(str(error)) from error
    if as_json:
        print_json(user)
    else:
        say(f"{user.name} may log in as {user.role}")


def list_users(as_json: Json = False) -> None:
    """List who may log in."""
    with _Accounts() as accounts:
        found = accounts.list()
    if as_json:
        print_json(found)
        return
    rows = [(user.name, user.role, "yes" if user.is_active else "no") for user in found]
    title = f"{len(found)} users" if found else "no users yet; `takt users add` makes one"
    print_table(title, ["name", "role", "may log in"], rows)


def change_user(
    name: Annotated[str, typer.Argument(help="Name of the user.")],
    role: Annotated[str | None, typer.Option("--role", help="viewer, planner or admin.")] = None,
    new_password: Annotated[
        bool, typer.Option("--password", help="Ask for another password.")
    ] = False,
    password_file: PasswordFile = None,
    shut_out: Annotated[
        bool | None, typer.Option("--shut-out/--let-in", help="Whether the user may log in.")
    ] = None,
) -> None:
    """Change a user's role or password, or shut the user out; all its sessions end."""
    from pipelines.accounts import AccountError

    role_ = None if role is None else _role(role)
    password = _password(password_file) if new_password or password_file else None
    with _Accounts() as accounts:
        user = next((one for one in accounts.list() if one.name == name.casefold()), None)
        if user is None:
            raise CommandError(f"user {name}: not there; `takt users list` shows all")
        try:
            accounts.change(user.id, role_, None if shut_out is None else not shut_out, password)
        except AccountError as error:
            raise CommandError(str(error)) from error
    say(f"{user.name} is changed")


class _Accounts:
    """The accounts of the database that the settings name, while they are used."""

    def __enter__(self) -> Accounts:
        from datetime import timedelta

        from pipelines.accounts import Accounts
        from pipelines.settings import load_settings, utc_now
        from pipelines.storage import open_database

        settings = load_settings()
        self._engine = open_database(settings.database_url)
        return Accounts(self._engine, utc_now, timedelta(days=settings.session_days))

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()


def _role(text: str) -> Any:
    from pipelines.storage.repositories.users import ROLES

    if text not in ROLES:
        raise CommandError(f"--role: expected {', '.join(ROLES)}, found {json.dumps(text)}")
    return text


def _password(file: Path | None) -> str:
    if file is not None:
        return file.read_text("utf-8").strip()
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _find_service() -> None:
    """Have Python find the service's package where only the checkout has it."""
    from importlib.util import find_spec

    from pipelines.settings import REPOSITORY

    if find_spec("service") is None:
        sys.path.insert(0, str(REPOSITORY))
        os.environ["PYTHONPATH"] = os.pathsep.join(
            part for part in (str(REPOSITORY), os.environ.get("PYTHONPATH")) if part
        )
    if find_spec("service") is None:
        raise CommandError("the package `service` is not installed", BAD_INPUT)

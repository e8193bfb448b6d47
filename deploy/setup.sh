#!/usr/bin/env bash
# Builds .venv from the locked, hashed requirements and sees to Java; does nothing where both stand.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly PYTHON_VERSION=3.11
readonly VENV=.venv
readonly LOCK_STAMP=$VENV/.takt-lock
readonly PROJECT_STAMP=$VENV/.takt-project
readonly UV_HOME="${XDG_CACHE_HOME:-$HOME/.cache}/takt/uv"

say() { printf 'setup: %s\n' "$*"; }
stop() { printf 'setup: %s\n' "$*" >&2; exit 1; }
digest() { { cat "$@"; printf '%s' "$PYTHON_VERSION $PWD"; } | sum256; }
sum256() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -d' ' -f1; }
stamped() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

# Sets UV to a uv that runs: one that is there, else one installed beside nothing else of the user's.
find_uv() {
    local candidate
    for candidate in "$(command -v uv || true)" "$HOME/.local/bin/uv" "$HOME/.cargo/bin/uv" "$UV_HOME/bin/uv"; do
        if [ -n "$candidate" ] && "$candidate" --version >/dev/null 2>&1; then
            UV=$candidate
            return
        fi
    done
    command -v python3 >/dev/null || stop "no uv and no python3 to install it with: install either, then run this again"
    say "no uv here, installing it"
    if python3 -m venv "$UV_HOME" >/dev/null 2>&1 && "$UV_HOME/bin/python" -m pip install -q uv; then
        UV=$UV_HOME/bin/uv
    elif rm -rf "$UV_HOME" && python3 -m pip install -q --user uv; then
        UV=$(python3 -c 'import site; print(site.USER_BASE)')/bin/uv
    else
        stop "uv could not be installed: install uv yourself (or python3-venv and python3-pip), then run this again"
    fi
}

# Installs exactly what requirements.lock lists, each file checked against its hash.
build_environment() {
    local started=$SECONDS
    find_uv
    if ! "$VENV/bin/python" -c "import sys; assert sys.version_info[:2] == (3, 11)" 2>/dev/null; then
        say "making $VENV with Python $PYTHON_VERSION"
        "$UV" venv -q --clear --python "$PYTHON_VERSION" "$VENV" ||
            stop "no Python $PYTHON_VERSION: install it (with its venv module), then run this again"
    fi
    say "installing $(grep -c '^[A-Za-z0-9].*==' requirements.lock) locked packages into $VENV (about 8 GB with its cache)"
    rm -f "$LOCK_STAMP" "$PROJECT_STAMP"
    UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-300}" "$UV" pip sync -q --python "$VENV/bin/python" --require-hashes requirements.lock ||
        stop "packages could not be installed (see above); where your pip uses an index of its own, give it to uv as UV_DEFAULT_INDEX"
    printf '%s' "$1" >"$LOCK_STAMP"
    say "packages stand after $((SECONDS - started)) s"
}

# Puts our own packages and the `takt` command into the environment, editable, without the network.
install_project() {
    [ -n "${UV:-}" ] || find_uv
    "$UV" pip install -q --python "$VENV/bin/python" --offline --no-deps --no-build-isolation -e . ||
        stop "our own packages could not be installed (see above)"
    printf '%s' "$1" >"$PROJECT_STAMP"
    say "takt is installed from $PWD"
}

java_major() { "$1" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1; }

# True where Spark will find a Java that it runs on (17 or 21).
java_stands() {
    local java
    for java in ${JAVA_HOME:+"$JAVA_HOME/bin/java"} java; do
        command -v "$java" >/dev/null || continue
        case "$(java_major "$java")" in 17 | 21) return 0 ;; *) return 1 ;; esac
    done
    return 1
}

# Installs packages of the system where its rights allow; quietly does nothing where they do not.
apt_install() {
    local as_root=""
    command -v apt-get >/dev/null || return 0
    if [ "$(id -u)" -eq 0 ]; then
        as_root="env"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root="sudo"
    else
        return 0
    fi
    say "installing $*"
    $as_root apt-get update -qq >/dev/null &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null || true
}

ensure_java() {
    java_stands && return
    apt_install openjdk-17-jre-headless
    java_stands && return
    stop "Spark needs Java 17: install openjdk-17-jre-headless (or set JAVA_HOME to a Java 17), then run this again"
}

postgres_stands() { command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
browser_stands() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }

maven_stands() { command -v mvn >/dev/null; }
redis_stands() { command -v redis-server >/dev/null; }
promtool_stands() { command -v promtool >/dev/null; }

# What only tests need: a PostgreSQL and a Redis that they start themselves, a browser, and Prometheus'
# checker of alert rules.
ensure_test_tools() {
    postgres_stands || apt_install postgresql
    browser_stands || apt_install chromium
    redis_stands || apt_install redis-server
    maven_stands || apt_install maven
    promtool_stands || apt_install prometheus
    postgres_stands || say "no PostgreSQL here: its tests are left out; install postgresql to have them"
    browser_stands || say "no browser here: its tests are left out; install chromium to have them"
    maven_stands || say "no Maven here: tests of Kafka are left out; install maven to have them"
    redis_stands || say "no Redis here: its tests are left out; install redis-server to have them"
    promtool_stands || say "no promtool here: its test is left out; install prometheus to have it"
}

# Pins requirements.in again; the lock names no download address, so any index or cache serves it.
if [ "${1:-}" = lock ]; then
    find_uv
    "$UV" pip compile -q --generate-hashes --no-emit-index-url --python-version "$PYTHON_VERSION" \
        requirements.in -o requirements.lock
    exit
fi

lock_digest=$(digest requirements.lock)
project_digest=$(digest requirements.lock pyproject.toml)
if ! stamped "$LOCK_STAMP" "$lock_digest" || [ ! -x "$VENV/bin/python" ]; then
    build_environment "$lock_digest"
fi
if ! stamped "$PROJECT_STAMP" "$project_digest" || [ ! -x "$VENV/bin/takt" ]; then
    install_project "$project_digest"
fi
ensure_java
if [ "${1:-}" = test ]; then
    ensure_test_tools
fi

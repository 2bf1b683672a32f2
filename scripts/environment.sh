#!/bin/sh
# Makes .venv and installs what the lock files pin, by hash, and this project on top.
#
#   scripts/environment.sh        what `tenure` needs to run
#   scripts/environment.sh dev    and what its tests need
#
# Takes any Python 3.11 to 3.14, or the one that PYTHON names; uses uv where it is installed, else venv and pip.
# Does nothing where the environment is up to date.
set -eu
cd "$(dirname "$0")/.."

wanted=${1:-run}
case $wanted in
    run) locks="requirements.lock requirements-build.lock" ;;
    dev) locks="requirements-dev.lock" ;;
    *) echo "scripts/environment.sh: '$wanted' is neither 'run' nor 'dev'." >&2; exit 2 ;;
esac
venv=.venv
python=$venv/bin/python
uv=$(command -v uv || true)

stop() {
    echo "$1" >&2
    exit 1
}

# what an up-to-date environment was made from; `dev` holds all that `run` does
state=$(cat requirements.lock requirements-build.lock requirements-dev.lock pyproject.toml scripts/environment.sh | cksum)
up_to_date() {
    [ -x "$python" ] && "$python" -c 'import tenure' 2>/dev/null || return 1
    for made in "$venv/made-dev" "$venv/made-$wanted"; do
        if [ -f "$made" ] && [ "$(cat "$made")" = "$state" ]; then return 0; fi
    done
    return 1
}

# a Python that runs and is new enough (a name alone proves nothing: shims answer to versions that are not there)
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
            stop "PYTHON=$PYTHON does not run, or is older than 3.11."
        echo "$PYTHON"
        return
    fi
    for candidate in python3 python3.13 python3.14 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

make_venv() {
    rm -rf "$venv"
    found=$(find_python)
    if [ -n "$uv" ]; then
        "$uv" venv --quiet --seed --no-project --python "${found:->=3.11,<3.15}" "$venv" && return
        stop "uv could not make $venv; the message above says why. A Python of 3.11 to 3.14 that is installed would do."
    fi
    [ -n "$found" ] || stop "Tenure needs Python 3.11, 3.12, 3.13 or 3.14, and none was found as python3 or python3.x.
  Debian, Ubuntu   sudo apt install python3 python3-venv     (Debian 12, Ubuntu 24.04 or newer)
  macOS            brew install python@3.13                  (or the installer of the Python project)
  elsewhere        install uv, which brings its own Python
Is it installed under another name? Then: make PYTHON=/path/to/python3.12 $([ "$wanted" = dev ] && echo test || echo demo)"
    "$found" -c 'import ensurepip, venv' 2>/dev/null || stop "$found has no venv or ensurepip, which make $venv.
  Debian, Ubuntu   sudo apt install python3-venv
  elsewhere        install a complete Python, or uv"
    "$found" -m venv "$venv" || { rm -rf "$venv"; stop "'$found -m venv $venv' failed; the message above says why."; }
}

install() {
    if [ -n "$uv" ]; then
        "$uv" pip install --quiet --python "$python" "$@"
    else
        "$python" -m pip --version >/dev/null 2>&1 || "$python" -m ensurepip >/dev/null
        "$python" -m pip install --quiet --disable-pip-version-check "$@"
    fi || stop "The installation failed; the message above says why. Nothing outside $venv was changed: mend it and run the same again."
}

up_to_date && exit 0
echo "Preparing $venv (once; needs the network) …" >&2
if ! { [ -x "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; } 2>/dev/null; then
    make_venv
fi
rm -f "$venv/made-run" "$venv/made-dev"
requirements=
for lock in $locks; do requirements="$requirements -r $lock"; done
# shellcheck disable=SC2086
install --require-hashes $requirements
install --no-deps --no-build-isolation --editable .
echo "$state" >"$venv/made-$wanted"

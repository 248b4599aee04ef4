#!/bin/sh
# Makes .venv: the versions and hashes of requirements.lock, then this project itself, editable.
# Does nothing, quickly, when .venv was made from the same files in the same place. Honours PYTHON=….
set -eu
cd "$(dirname "$0")/.."

fail() {
    printf 'setup: error: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf 'setup: hint: %s\n' "$2" >&2
    exit 1
}

recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# A virtual environment holds absolute paths, so a checkout that was moved needs a new one.
wanted="$(cat requirements.lock pyproject.toml scripts/setup.sh | cksum) ${PYTHON:-} $PWD"
if [ "$(cat .venv/ready 2>/dev/null)" = "$wanted" ] && recent .venv/bin/python; then
    exit 0
fi

python=${PYTHON:-}
if [ -n "$python" ]; then
    command -v "$python" >/dev/null || fail "PYTHON=$python: there is no such program"
    recent "$python" || fail "PYTHON=$python is $("$python" -V 2>&1); Ravi needs Python 3.11 or newer"
else
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if recent "$candidate"; then
            python=$candidate
            break
        fi
    done
    [ -n "$python" ] || fail "no Python 3.11 or newer found (python3 is $(python3 -V 2>&1 || echo missing))" \
        'install one, or name it: make setup PYTHON=/path/to/python3.12'
fi

version() { "$1" -c 'import sys; print(sys.version, sys.base_prefix)' 2>/dev/null; }

if [ -z "$(version .venv/bin/python)" ] || [ "$(version .venv/bin/python)" != "$(version "$python")" ] ||
    ! grep -qsF "$PWD/.venv" .venv/bin/activate; then
    rm -rf .venv
fi
rm -f .venv/ready

if command -v uv >/dev/null 2>&1; then
    [ -x .venv/bin/python ] || uv venv --quiet --python "$python" .venv
    uv pip sync --quiet --python .venv/bin/python --require-hashes requirements.lock
    uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
else
    if [ ! -x .venv/bin/python ]; then
        "$python" -c 'import ensurepip, venv' 2>/dev/null ||
            fail "$python cannot make virtual environments: its venv or ensurepip module is missing" \
                'on Debian and Ubuntu: apt-get install python3-venv'
        "$python" -m venv .venv
    fi
    .venv/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements.lock
    .venv/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
fi

printf '%s' "$wanted" >.venv/ready
printf 'setup: .venv is ready (%s)\n' "$(.venv/bin/python -V)" >&2

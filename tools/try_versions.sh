#!/usr/bin/env bash
# The wheel in an empty environment, with the `lowest` or the `newest` allowed version of every
# direct dependency, on one Python: asked, drawn, served, and a part of the tests run on it.
#   try_versions.sh UV lowest 3.11        try_versions.sh UV newest 3.13
# `make test` runs all tests with the newest on the Python it is given.
set -euo pipefail
uv=$(realpath "$1") which=$2 version=$3
root=$(realpath "$(dirname "$0")/..")
export UV_PYTHON_DOWNLOADS=never
python=$("$uv" python find --system "$version" 2>/dev/null ||
    ls -d "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/python 2>/dev/null | tail -n 1 || true)
if [ -z "$python" ]; then
    echo "Python $version is not on this machine: not tried"
    exit 0
fi
case $which in
lowest) resolution=lowest-direct ;;
newest) resolution=highest ;;
*) echo "lowest or newest, not $which" >&2 && exit 2 ;;
esac
here=$(mktemp -d)
served=
trap '[ -z "$served" ] || kill "$served" 2>/dev/null || true; rm -rf "$here"' EXIT
cd "$root"
"$uv" pip compile --quiet --no-header --no-annotate --python "$python" --python-version "$version" \
    --resolution $resolution --extra view --extra serve --extra neo4j \
    --output-file "$here/wanted.txt" pyproject.toml
"$uv" venv --quiet --python "$python" "$here/venv"
export VIRTUAL_ENV="$here/venv"
"$uv" build --quiet --wheel --out-dir "$here/wheel" "$root"
"$uv" pip install --quiet --requirement "$here/wanted.txt" pytest hypothesis
"$uv" pip install --quiet --no-deps "$here"/wheel/*.whl
"$uv" pip check --quiet

export HOME="$here" HEADWATER_DATA_DIR="$here/data" COLUMNS=100 NO_COLOR=1 PYTHONDONTWRITEBYTECODE=1
command="$here/venv/bin/headwater"
"$command" build >/dev/null 2>&1
"$command" what-breaks llama --limit 1 >/dev/null
"$command" concentration --json >/dev/null
"$command" sql "SELECT count(*) FROM edges" >/dev/null
"$command" view Alpaca --html "$here/alpaca.html" >/dev/null 2>&1
"$command" serve --port 0 >"$here/served" 2>&1 &
served=$!
for _ in $(seq 300); do
    grep -q Serving "$here/served" && break
    kill -0 "$served" 2>/dev/null || break
    sleep 0.1
done
grep -q Serving "$here/served" || { cat "$here/served" >&2; exit 1; }
address=$(sed -n 's/^Serving \([^ ]*\) .*/\1/p' "$here/served")
"$here/venv/bin/python" - "$address" <<'PYTHON'
import json
import sys
import urllib.request

for path in ("v1/health", "v1/what-breaks?target=llama&limit=1", "v1/openapi.json"):
    with urllib.request.urlopen(sys.argv[1] + path, timeout=20) as answer:
        assert json.load(answer), path
PYTHON
kill "$served" && wait "$served" || true
served=

# Warnings of old versions are no errors here; what needs pandas or a browser is left out.
env -u COLUMNS -u NO_COLOR -u HEADWATER_DATA_DIR "$here/venv/bin/python" -m pytest -q -o filterwarnings= -p no:cacheprovider \
    tests/queries/test_catalogue_questions.py tests/queries/test_lineage.py \
    tests/queries/test_concentration.py tests/queries/test_search.py \
    tests/cli/test_what_breaks.py tests/cli/test_commands.py tests/cli/test_time.py \
    tests/cli/test_crawl.py tests/ingest/test_hub_records.py
grep -iE '^(duckdb|fastapi|httpx2|huggingface-hub|msgspec|neo4j|numpy|orjson|pyarrow|rich|typer)==' \
    "$here/wanted.txt" | tr '\n' ' '
echo
echo "the $which allowed versions work on $("$here/venv/bin/python" --version)"

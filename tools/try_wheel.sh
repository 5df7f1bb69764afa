#!/usr/bin/env bash
# Install a wheel into an empty environment, away from the checkout, and use it.
set -euo pipefail
wheel=$(realpath "$1")
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
"${PYTHON:-python3}" -m venv "$here/venv"
"$here/venv/bin/python" -m pip install --quiet "$wheel"
cd "$here"
export HOME="$here" XDG_DATA_HOME="$here/data" HEADWATER_DATA_DIR=
command="$here/venv/bin/headwater"
"$command" --version
"$command" catalog check
"$command" what-breaks llama --event deleted --limit 3
"$command" what-breaks llama --json | "$here/venv/bin/python" -c '
import json, sys
answer = json.load(sys.stdin)
names = {victim["name"] for victim in answer["events"]["deleted"]["victims"]}
assert {"Alpaca", "Vicuna", "Koala", "HuggingChat", "Code Llama"} <= names, names
'
"$command" lineage Alpaca >/dev/null
"$command" status --verify >/dev/null
# Pictures need the extra, and the message says which.
if "$command" view Alpaca --html out.html 2>message; then
    echo "view should have asked for its extra" >&2
    exit 1
fi
grep -q "headwater\[view\]" message
echo "wheel works"

#!/bin/sh
# Have a Neo4j server ready for the tests: none is needed when HEADWATER_TEST_NEO4J_URI
# names one; else Maven fetches Neo4j Community, and Debian's Maven and Java when root.
set -eu
bin=${1:-.venv/bin}
if [ -n "${HEADWATER_TEST_NEO4J_URI:-}" ]; then exit 0; fi
if ! { command -v mvn && command -v java; } >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "installing Debian's Maven and Java" >&2
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq maven; } >&2
    fi
fi
"$bin/python" -m tests.neo4j.server --fetch

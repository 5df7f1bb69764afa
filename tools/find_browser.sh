#!/bin/sh
# Print the path of a Chromium for the browser tests: the one that is named or on the
# PATH, else Debian's package when root, else Playwright's own download.
set -eu
bin=${1:-.venv/bin}
if [ -n "${HEADWATER_CHROMIUM:-}" ]; then
    echo "$HEADWATER_CHROMIUM"
    exit 0
fi
look() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name"; then return 0; fi
    done
    return 1
}
look && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing Debian's chromium" >&2
    if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >&2; then
        look && exit 0
    fi
fi
echo "installing Playwright's chromium" >&2
"$bin/python" -m playwright install chromium >&2
"$bin/python" -c 'from playwright.sync_api import sync_playwright as p
with p() as tool: print(tool.chromium.executable_path)'

#!/bin/sh
# Make sure that a Chromium and a Node.js (18 or newer) are there for the tests.
set -eu
here=$(dirname "$0")
newest_node() { command -v node >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ]; }
newest_node || "$here/debian.sh" nodejs
newest_node || { echo "plic's tests need Node.js 18 or newer; see nodejs.org" >&2; exit 1; }
command -v chromium >/dev/null || command -v google-chrome >/dev/null && exit 0
if . /etc/os-release && [ "$ID" = debian ]; then
    "$here/debian.sh" chromium fonts-dejavu-core
else
    # Ubuntu's chromium package is a snap, which containers cannot run
    .venv/bin/playwright install --with-deps chromium
fi

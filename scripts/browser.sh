#!/bin/sh
# Sees that there is a browser for the tests of the pages: takes what it finds, else installs Debian's Chromium where it may.
# Ends well either way: without a browser those tests are skipped, and say so (where CI is set they fail).
set -u
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing Chromium for the tests of the pages …" >&2
    { apt-get update && apt-get install --yes --no-install-recommends chromium; } >/dev/null 2>&1 && exit 0
fi
echo "No browser was found: the tests of the pages in a browser will be skipped. Install Chromium to run them." >&2

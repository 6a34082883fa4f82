#!/bin/bash
# net.sh [BUILD]: the figures of docs/SPEED.md about the server, in under a minute. Needs wrk.
set -eu
build=${1:-$(dirname "$0")/../build}
ticks=$(getconf CLK_TCK)

start() {
    out=$(mktemp)
    "$build/bench/net-server" > "$out" & pid=$!
    while ! grep -q port "$out"; do sleep 0.05; done
    port=$(awk '{print $2}' "$out"); rm -f "$out"
}
stop() { kill -TERM "$pid"; wait "$pid" || true; }
cpu() { awk -v t="$ticks" '{print ($14 + $15) * 1e6 / t}' "/proc/$pid/stat"; }

http() {
    before=$(cpu)
    total=$(wrk -t1 -c64 -d4s "http://127.0.0.1:$port$1" | awk '/requests in/ {print $1} /Non-2xx/ {exit 1}')
    after=$(cpu)
    awk -v a="$before" -v b="$after" -v n="$total" -v p="$1" \
        'BEGIN {printf "GET %s: %.1f us of CPU a request, %d requests/s\n", p, (b - a) / n, n / 4}'
}

start; grep VmRSS "/proc/$pid/status" | awk '{print "at rest: " $2 " KB"}'
http /api/inline; http /api/health; stop
start; "$build/bench/net-ws" "$pid" "$port" idle 2000; stop
start; "$build/bench/net-ws" "$pid" "$port" idle 10000; stop
start; "$build/bench/net-ws" "$pid" "$port" echo 1000 5; stop

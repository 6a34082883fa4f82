#!/bin/bash
# front.sh OLD NEW: two builds' servers side by side, in one run: CPU a request, memory of an idle
# WebSocket, echo latency. OLD and NEW are build folders. Needs wrk. The machine may be busy: rounds
# alternate, and the smallest of each is told.
set -eu
old=$1 new=$2
rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-2}
ticks=$(getconf CLK_TCK)
work=$(mktemp -d)
trap 'kill $(cat "$work"/*.pid 2>/dev/null) 2>/dev/null; rm -rf "$work"' EXIT

bench_of() { [ -x "$1/bench/net-server" ] && echo "$1/bench/net-server" || echo "$1/net-server"; }

start_bench() { # NAME BUILD
    rm -f "$work/$1.out"
    "$(bench_of "$2")" > "$work/$1.out" & echo $! > "$work/$1.pid"
    while ! grep -qs port "$work/$1.out"; do sleep 0.05; done
    awk '{print $2}' "$work/$1.out" > "$work/$1.port"
}

start_program() { # NAME BUILD
    port=$((20000 + RANDOM % 20000))
    INTERVIEWD_REQUESTS_PER_MINUTE=0 "$2/interviewd" serve --listen "127.0.0.1:$port" --data "$work/$1" \
        --asr-preload=off > "$work/$1.log" 2>&1 & echo $! > "$work/$1.pid"
    echo "$port" > "$work/$1.port"
    until curl -sf "http://127.0.0.1:$port/healthz" > /dev/null; do sleep 0.1; done
    curl -sf -X POST -H "Origin: http://127.0.0.1:$port" -H 'Content-Type: application/json' -d '{}' \
        "http://127.0.0.1:$port/api/v1/auth/local" | sed 's/.*"accessToken":"\([^"]*\)".*/\1/' > "$work/$1.token"
    for _ in 1 2 3 4 5; do
        curl -sf -o /dev/null -X POST -H "Authorization: Bearer $(cat "$work/$1.token")" \
            -H 'Content-Type: application/json' -d '{}' "http://127.0.0.1:$port/api/v1/sessions"
    done
}

stop() { kill "$(cat "$work/$1.pid")"; wait "$(cat "$work/$1.pid")" 2>/dev/null || true; rm "$work/$1.pid"; }

cpu() { awk -v t="$ticks" '{print ($14 + $15) * 1e6 / t}' "/proc/$(cat "$work/$1.pid")/stat"; }

one() { # NAME PATH: microseconds of CPU a request
    local before after total
    before=$(cpu "$1")
    total=$(wrk -t1 -c32 -d"${seconds}s" -H "Authorization: Bearer $(cat "$work/$1.token" 2>/dev/null)" \
        "http://127.0.0.1:$(cat "$work/$1.port")$2" | awk '/requests in/ {print $1}')
    after=$(cpu "$1")
    awk -v a="$before" -v b="$after" -v n="$total" 'BEGIN {printf "%.2f\n", (b - a) / n}'
}

both() { # PATH
    for _ in $(seq "$rounds"); do
        one old "$1" >> "$work/o"
        one new "$1" >> "$work/n"
    done
    sort -n "$work/o" | head -1 > "$work/omin"
    sort -n "$work/n" | head -1 > "$work/nmin"
    awk -v o="$(cat "$work/omin")" -v n="$(cat "$work/nmin")" -v p="$1" \
        'BEGIN {printf "GET %-18s %7.2f us old, %7.2f us new: %.2f\n", p, o, n, n / o}'
    rm "$work/o" "$work/n"
}

start_bench old "$old"; start_bench new "$new"
both /api/inline
both /api/health
stop old; stop new
start_program old "$old"; start_program new "$new"
both /healthz
both /api/v1/sessions
stop old; stop new
client=$new/bench/net-ws
for name in old new; do
    [ "$name" = old ] && build=$old || build=$new
    start_bench $name "$build"
    echo "$name: $("$client" "$(cat "$work/$name.pid")" "$(cat "$work/$name.port")" idle 5000)"
    stop $name
done
for round in 1 2; do
    for name in old new; do
        [ "$name" = old ] && build=$old || build=$new
        start_bench $name "$build"
        echo "$name: $("$client" "$(cat "$work/$name.pid")" "$(cat "$work/$name.port")" echo 1000 5)"
        stop $name
    done
done

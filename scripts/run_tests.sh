#!/usr/bin/env bash
# Installs what the tests need and runs every suite. The last line is `N passed, N failed`.
#
#   scripts/run_tests.sh              everything
#   scripts/run_tests.sh server web   only these: checks server hearing contract web browser sanitize threads fuzz
#
# Two lanes side by side. In front, one after the other, the suites that wait for sockets and clocks. Behind them, on what they
# leave of the processors, what computes: the builds under the sanitizers, hearing, fuzzing, the page's checks. Each suite leaves what it
# counted in a folder, and what failed beside it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

SUITES=${*:-checks server hearing contract web browser sanitize threads fuzz}
FUZZ_SECONDS=${FUZZ_SECONDS:-3}
PROCESSES=${PROCESSES:-$(($(nproc) * 2))} # tests at once: most wait for sockets and clocks more than they compute
OUTCOME="$LOGS/outcome" # SUITE.counts: lines of "passed failed skipped"; SUITE.said: what failed and what was skipped
SUITE=                  # the one that runs in this lane
behind=                 # the lane behind

chosen() { case " $SUITES " in *" $1 "*) ;; *) return 1 ;; esac }

add() { printf '%d %d %d\n' "$@" >>"$OUTCOME/$SUITE.counts"; }

tell() { cat >>"$OUTCOME/$SUITE.said"; }

# count REPORT - add the cases of a JUnit report; one that is not there is a failure, told by the end of LOG.
count() { # REPORT LOG
    local counted
    if [ -f "$1" ]; then
        counted=$(python3 scripts/count_tests.py "$1" 2> >(tell))
        # shellcheck disable=SC2086
        add $counted
    else
        add 0 1 0
        tail -n 20 "$2" | tell
    fi
}

# one WHAT CMD... - a check that is one test by itself.
one() {
    local what=$1 log
    shift
    log="$LOGS/$(printf '%s' "$what" | tr -c 'a-zA-Z0-9' '-').log"
    if "$@" >"$log" 2>&1 </dev/null; then
        add 1 0 0
    else
        add 0 1 0
        { printf 'FAILED %s\n' "$what"; tail -n 30 "$log"; } | tell
    fi
}

meson_suite() { # WHAT DIR MESON-TEST-ARGS...
    local what=$1 dir=$2 status=0
    local log="$LOGS/meson-test-$SUITE.log" report="$2/meson-logs/$SUITE.junit.xml"
    shift 2
    say "Test $what"
    rm -f "$report"
    meson test -C "$dir" --logbase "$SUITE" --print-errorlogs "$@" >"$log" 2>&1 </dev/null || status=$?
    count "$report" "$log"
    # A run that failed in a way no case tells of is still a failure.
    [ $status = 0 ] || [ "$(totals 2)" -gt 0 ] || add 0 1 0
}

# totals COLUMN - of what was counted so far.
totals() { cat "$OUTCOME"/*.counts 2>/dev/null | awk -v column="$1" '{ sum += $column } END { print sum + 0 }'; }

suite_checks() {
    say "Check the sources"
    one "include arrows run one way" python3 scripts/check_includes.py
    one "public functions have a caller" python3 scripts/check_callers.py
    one "threads wait in one place" python3 scripts/check_waits.py
    one "paths in the documents are there" python3 scripts/check_paths.py
    one "C sources are formatted" sh -c 'git ls-files "backend/*.c" "backend/*.h" | xargs clang-format --dry-run -Werror'
    one "shell scripts parse" sh -c 'for f in scripts/*.sh .ci/run; do bash -n "$f" || exit 1; done'
}

# A build folder that was made before the tests' tools were installed learns of them now.
with_tests() {
    grep -q 'test-base-base' "$1/build.ninja" 2>/dev/null || [ ! -f "$1/build.ninja" ] ||
        quietly "Configure $1 with tests" meson setup --reconfigure "$1" backend
}

# await NAME - until the lane behind has built it, or cannot.
await() {
    [ -f "$OUTCOME/$1.built" ] || say "Wait for $1 to be built"
    while [ ! -f "$OUTCOME/$1.built" ] && kill -0 "${behind:-$$}" 2>/dev/null; do sleep 0.5; done
}

# The product and its tests, once for all suites that use them.
build_tests() {
    with_tests backend/build
    build_backend
    ninja -C backend/build -n meson-test-prereq 2>/dev/null | grep -q 'no work to do' ||
        quietly "Build the tests" ninja -C backend/build meson-test-prereq
}

suite_server() {
    meson_suite "the server (gcc)" backend/build --no-rebuild --no-suite hearing --num-processes "$PROCESSES"
}

# These do nothing but compute, behind others that come first: no clock of theirs is a wall clock.
suite_hearing() {
    meson_suite "hearing" backend/build --no-rebuild --suite hearing --timeout-multiplier 3
}

# A client made from the API's description sends what fits it and what does not. It comes from the Python index, in an
# environment of its own; where that cannot be reached, the suite says so.
SCHEMATHESIS=4.32.5
suite_contract() {
    local venv=backend/build/contract-venv
    if [ "$(cat "$venv/.installed" 2>/dev/null)" != $SCHEMATHESIS ]; then
        rm -rf "$venv"
        if ! { /usr/bin/python3 -m venv "$venv" && "$venv/bin/pip" install -q --only-binary :all: "schemathesis==$SCHEMATHESIS"; } \
            >"$LOGS/contract-install.log" 2>&1 </dev/null; then
            say "Skipped: the client that tries the API's description (schemathesis $SCHEMATHESIS cannot be fetched)"
            add 0 0 1
            return 0
        fi
        echo $SCHEMATHESIS >"$venv/.installed"
    fi
    say "Try the API's description"
    one "the server answers as the API's description says" /usr/bin/python3 backend/test/contract/run.py \
        "$PWD/backend/build/interviewd" "$PWD/$venv/bin/schemathesis" "$LOGS/contract"
}

suite_sanitize() {
    await asan
    ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 LSAN_OPTIONS=suppressions=$PWD/backend/test/lsan.supp:print_suppressions=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
        meson_suite "the server (clang, address and undefined behaviour)" backend/build-asan \
        --suite unit --suite conformance --suite e2e --timeout-multiplier 4 --num-processes "$PROCESSES"
}

suite_threads() {
    await tsan
    # The watchdog's signal handler writes down where a thread stands in a process that is about to end: no report.
    TSAN_OPTIONS=halt_on_error=1:report_signal_unsafe=0:second_deadlock_stack=1:suppressions=$PWD/backend/test/tsan.supp \
        meson_suite "the server (clang, threads)" backend/build-tsan \
        --suite threads --suite e2e --timeout-multiplier 8 --num-processes "$PROCESSES"
}

# fuzz TARGET - leaves what it said in NAME.said and how it ended in NAME.status.
fuzz() {
    local name=${1##*/} status=0
    mkdir -p "$LOGS/$name-new"
    "$1" -max_total_time="$FUZZ_SECONDS" -rss_limit_mb=2048 -timeout=30 -artifact_prefix="$LOGS/$name-" \
        "$LOGS/$name-new" "backend/fuzz/corpus/${name#fuzz-}" >"$LOGS/$name.said" 2>&1 </dev/null || status=$?
    printf '%s\n' "$status" >"$LOGS/$name.status"
}

fuzzed() {
    cat "$LOGS/$1.said"
    [ "$(cat "$LOGS/$1.status")" = 0 ]
}

suite_fuzz() {
    local targets name
    await asan
    say "Fuzz each parser for $FUZZ_SECONDS s"
    rm -f "$LOGS"/fuzz-*.status
    targets=$(find backend/build-asan/fuzz -maxdepth 1 -name 'fuzz-*' -type f -executable | sort)
    export -f fuzz
    export LOGS FUZZ_SECONDS
    xargs -P "$(nproc)" -I TARGET bash -c 'fuzz TARGET' <<<"$targets"
    for name in $targets; do
        one "${name##*/}" fuzzed "${name##*/}"
    done
}

suite_web() {
    install_web
    say "Test the web app"
    one "the API description is well-formed" npm --prefix frontend run check:api
    one "lint" npm --prefix frontend run lint
    one "types" npm --prefix frontend run typecheck
    rm -f frontend/test-results/unit.xml
    npm --prefix frontend test -- --reporter=junit --outputFile=test-results/unit.xml >"$LOGS/vitest.log" 2>&1 </dev/null || true
    count frontend/test-results/unit.xml "$LOGS/vitest.log"
}

suite_browser() {
    await page
    say "Test the page in a browser"
    use_node
    rm -f frontend/test-results/e2e.xml
    npm --prefix frontend run e2e -- --reporter=junit --outputFile=test-results/e2e.xml >"$LOGS/browser.log" 2>&1 </dev/null || true
    count frontend/test-results/e2e.xml "$LOGS/browser.log"
}

# run SUITE... - those of them that were chosen. One that cannot go on is a failure, and the next has its turn.
run() {
    local suite
    for suite in "$@"; do
        ! chosen "$suite" || (SUITE=$suite "suite_$suite") || SUITE=$suite add 0 1 0
    done
}

# built NAME CMD... - whatever comes of it, who waits for it goes on; what does not build, the suite that needs it tells.
built() {
    local name=$1
    shift
    ("$@") >"$LOGS/build-$name.log" 2>&1 </dev/null || true
    : >"$OUTCOME/$name.built"
}

# What the chosen suites need, in the order in which they need it, and the suites that only compute.
lane_behind() {
    chrt --idle --pid 0 "$BASHPID" 2>/dev/null || renice -n 19 "$BASHPID" >/dev/null 2>&1 || true
    ! chosen web && ! chosen browser || (install_web) || true
    run web
    ! chosen browser || built page build_web
    ! chosen sanitize && ! chosen fuzz || built asan scripts/build_sanitized.sh asan
    ! chosen threads || built tsan scripts/build_sanitized.sh tsan
    ! chosen hearing || await server
    run hearing fuzz
}

start_behind() {
    set -m # in a process group of its own, which can be ended as a whole
    lane_behind &
    behind=$!
    set +m
    trap 'kill -- "-$behind" 2>/dev/null || true' EXIT
}

need build
need test
rm -rf "$OUTCOME"
mkdir -p "$OUTCOME"
start_behind
run checks
if chosen server || chosen hearing || chosen contract || chosen browser; then
    build_tests
    : >"$OUTCOME/server.built"
fi
run server contract browser sanitize threads
wait "$behind" || SUITE=behind add 0 1 0

for suite in $SUITES; do
    cat "$OUTCOME/$suite.said" 2>/dev/null || true
done
[ "$(totals 3)" = 0 ] || say "$(totals 3) skipped (each line above says why)"
printf '%d passed, %d failed\n' "$(totals 1)" "$(totals 2)"
[ "$(totals 2)" = 0 ]

#!/usr/bin/env bash
# Installs what the tests need and runs every suite. The last line is `N passed, N failed`.
#
#   scripts/run_tests.sh              everything
#   scripts/run_tests.sh server web   only these: checks server contract web browser sanitize threads fuzz
#
# The suites that wait for sound and for sockets come first. Beside them, on what they leave of the processors, is compiled
# what the suites under the sanitizers run.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

SUITES=${*:-checks server contract web browser sanitize threads fuzz}
FUZZ_SECONDS=${FUZZ_SECONDS:-4}
SANITIZED_PROCESSES=${SANITIZED_PROCESSES:-$(($(nproc) * 2))} # the whole server mostly waits for its clients
passed=0
failed=0
skipped=0
builder= # the process that compiles beside the suites
fetcher= # the one that fetches the web app's packages

# count REPORT... - add the cases of JUnit reports to the totals.
count() {
    local p f s
    read -r p f s < <(python3 scripts/count_tests.py "$@" 2>>"$LOGS/outcome.txt")
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# one WHAT CMD... - a check that is one test by itself.
one() {
    local what=$1 log
    shift
    log="$LOGS/$(printf '%s' "$what" | tr -c 'a-zA-Z0-9' '-').log"
    if "$@" >"$log" 2>&1 </dev/null; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        { printf 'FAILED %s\n' "$what"; tail -n 30 "$log"; } >>"$LOGS/outcome.txt"
    fi
}

meson_suite() { # WHAT DIR MESON-TEST-ARGS...
    local what=$1 dir=$2 status=0
    shift 2
    say "Build and test $what"
    rm -f "$dir/meson-logs/testlog.junit.xml"
    meson test -C "$dir" --print-errorlogs "$@" >"$LOGS/meson-test-$(basename "$dir").log" 2>&1 </dev/null || status=$?
    if [ -f "$dir/meson-logs/testlog.junit.xml" ]; then
        count "$dir/meson-logs/testlog.junit.xml"
    else
        failed=$((failed + 1))
        tail -n 20 "$LOGS/meson-test-$(basename "$dir").log" >>"$LOGS/outcome.txt"
    fi
    # A run that failed in a way no case tells of is still a failure.
    [ $status = 0 ] || [ $failed -gt 0 ] || failed=$((failed + 1))
}

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

suite_server() {
    with_tests backend/build
    build_backend
    # Most of these wait for sockets and clocks more than they compute; those that hear do nothing else.
    meson_suite "the server (gcc)" backend/build --no-suite hearing --num-processes $(($(nproc) * 3 / 2))
    meson_suite "hearing" backend/build --suite hearing
}

# A client made from the API's description sends what fits it and what does not. It comes from the Python index, in an
# environment of its own; where that cannot be reached, the suite says so.
SCHEMATHESIS=4.32.5
suite_contract() {
    local venv=backend/build/contract-venv
    build_backend
    if [ "$(cat "$venv/.installed" 2>/dev/null)" != $SCHEMATHESIS ]; then
        rm -rf "$venv"
        if ! { /usr/bin/python3 -m venv "$venv" && "$venv/bin/pip" install -q --only-binary :all: "schemathesis==$SCHEMATHESIS"; } \
            >"$LOGS/contract-install.log" 2>&1 </dev/null; then
            say "Skipped: the client that tries the API's description (schemathesis $SCHEMATHESIS cannot be fetched)"
            skipped=$((skipped + 1))
            return 0
        fi
        echo $SCHEMATHESIS >"$venv/.installed"
    fi
    say "Try the API's description"
    one "the server answers as the API's description says" /usr/bin/python3 backend/test/contract/run.py \
        "$PWD/backend/build/interviewd" "$PWD/$venv/bin/schemathesis" "$LOGS/contract"
}

# The build folders that the chosen suites need besides the ordinary one.
sanitized_folders() {
    case " $SUITES " in *" sanitize "* | *" fuzz "*) echo asan ;; esac
    case " $SUITES " in *" threads "*) echo tsan ;; esac
}

# Starts on them, at the lowest priority.
compile_ahead() {
    local lowest=(nice -n 19)
    [ -n "$(sanitized_folders)" ] || return 0
    ! chrt --idle 0 true 2>/dev/null || lowest=(chrt --idle 0)
    set -m # in a process group of its own, which can be ended as a whole
    # shellcheck disable=SC2046
    "${lowest[@]}" scripts/build_sanitized.sh $(sanitized_folders) >"$LOGS/build-ahead.log" 2>&1 </dev/null &
    builder=$!
    set +m
    trap stop_compiling EXIT
}

stop_compiling() {
    [ -z "$builder" ] || kill -- "-$builder" 2>/dev/null || true
    [ -z "$builder" ] || wait "$builder" 2>/dev/null || true
    builder=
}

# What is left of it once it is needed goes on at the ordinary priority. What does not build, the suite that needs it tells.
compiled_ahead() {
    [ -n "$builder" ] || return 0
    stop_compiling
    say "Finish building under the sanitizers"
    # shellcheck disable=SC2046
    scripts/build_sanitized.sh $(sanitized_folders) >"$LOGS/build-sanitized.log" 2>&1 </dev/null || true
}

suite_sanitize() {
    compiled_ahead
    ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 LSAN_OPTIONS=suppressions=$PWD/backend/test/lsan.supp:print_suppressions=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
        meson_suite "the server (clang, address and undefined behaviour)" backend/build-asan \
        --suite unit --suite conformance --suite e2e --timeout-multiplier 4 --num-processes "$SANITIZED_PROCESSES"
}

suite_threads() {
    compiled_ahead
    # The watchdog's signal handler writes down where a thread stands in a process that is about to end: no report.
    TSAN_OPTIONS=halt_on_error=1:report_signal_unsafe=0:second_deadlock_stack=1:suppressions=$PWD/backend/test/tsan.supp \
        meson_suite "the server (clang, threads)" backend/build-tsan \
        --suite threads --suite e2e --timeout-multiplier 8 --num-processes "$SANITIZED_PROCESSES"
}

# fuzz TARGET - leaves what it said in NAME.said and how it ended in NAME.status.
fuzz() {
    local name=${1##*/} status=0
    mkdir -p "$LOGS/$name-new"
    "$1" -max_total_time="$FUZZ_SECONDS" -rss_limit_mb=2048 -timeout=10 -artifact_prefix="$LOGS/$name-" \
        "$LOGS/$name-new" "backend/fuzz/corpus/${name#fuzz-}" >"$LOGS/$name.said" 2>&1 </dev/null || status=$?
    printf '%s\n' "$status" >"$LOGS/$name.status"
}

fuzzed() {
    cat "$LOGS/$1.said"
    [ "$(cat "$LOGS/$1.status")" = 0 ]
}

suite_fuzz() {
    local targets name
    compiled_ahead
    quietly "Build the fuzz targets" ninja -C backend/build-asan fuzz
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
    [ -z "$fetcher" ] || wait "$fetcher" || true
    install_web
    say "Test the web app"
    one "the API description is well-formed" npm --prefix frontend run check:api
    one "lint" npm --prefix frontend run lint
    one "types" npm --prefix frontend run typecheck
    rm -f frontend/test-results/unit.xml
    npm --prefix frontend test -- --reporter=junit --outputFile=test-results/unit.xml >"$LOGS/vitest.log" 2>&1 </dev/null || true
    if [ -f frontend/test-results/unit.xml ]; then count frontend/test-results/unit.xml; else
        failed=$((failed + 1)); tail -n 20 "$LOGS/vitest.log" >>"$LOGS/outcome.txt"
    fi
}

suite_browser() {
    build_backend
    build_web
    say "Test the page in a browser"
    use_node
    rm -f frontend/test-results/e2e.xml
    npm --prefix frontend run e2e -- --reporter=junit --outputFile=test-results/e2e.xml >"$LOGS/browser.log" 2>&1 </dev/null || true
    if [ -f frontend/test-results/e2e.xml ]; then count frontend/test-results/e2e.xml; else
        failed=$((failed + 1)); tail -n 20 "$LOGS/browser.log" >>"$LOGS/outcome.txt"
    fi
}

# The web app's packages come while the server is built: that waits for the network, this for the processor.
fetch_web_packages() {
    case " $SUITES " in
    *" web "*)
        (install_web) &
        fetcher=$!
        ;;
    esac
}

need build
need test
: >"$LOGS/outcome.txt"
fetch_web_packages
compile_ahead
for suite in $SUITES; do
    "suite_$suite"
done

cat "$LOGS/outcome.txt"
[ "$skipped" = 0 ] || say "$skipped skipped (each line above says why)"
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]

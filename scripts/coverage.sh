#!/usr/bin/env bash
# How many lines of backend/src the tests of the server run: units, conformance, end to end. In a folder of its own, so that
# nothing of the ordinary build is touched. Takes as long as those suites and a build.
#
#   scripts/coverage.sh                    the figure, that of each room, and the files that are run least
#   scripts/coverage.sh --at-least 88      the same, and fails below 88 %
#   scripts/coverage.sh --missing store/   also which lines of the files that begin so are never run
#   scripts/coverage.sh --again            what the last run left, without running anything
set -euo pipefail
. "$(dirname "$0")/lib.sh"

BUILD=backend/build-coverage
again=
arguments=()
for argument in "$@"; do
    if [ "$argument" = --again ]; then again=1; else arguments+=("$argument"); fi
done

need build
need test
if [ -z "$again" ]; then
    [ -f $BUILD/build.ninja ] || rm -rf $BUILD
    [ -f $BUILD/build.ninja ] ||
        quietly "Configure the server with counters" meson setup $BUILD backend -Db_coverage=true -Doptimization=1 -Ddebug=false -Dwerror=false
    quietly "Build the server with counters" ninja -C $BUILD
    find $BUILD -name '*.gcda' -delete
    # Whatever fails in it is a matter of run_tests.sh: here it is told, and what ran counts.
    quietly "Run the tests" sh -c "meson test -C $BUILD --no-rebuild --suite unit --suite conformance --suite e2e --timeout-multiplier 3 || true"
    grep -E '^(Ok|Fail|Timeout):' "$LOGS/Run-the-tests.log" | grep -vE ' 0 *$' | sed 's/^/  /' || true
fi
exec python3 scripts/coverage.py $BUILD "${arguments[@]}"

#!/usr/bin/env bash
# Builds what the suites under the sanitizers run, one folder after the other; scripts/run_tests.sh does so behind its suites.
#
#   scripts/build_sanitized.sh asan        backend/build-asan: addresses and undefined behaviour; tests and fuzz targets
#   scripts/build_sanitized.sh asan tsan   backend/build-tsan as well: threads; the product, for few tests are run there
set -euo pipefail
. "$(dirname "$0")/lib.sh"

# Of the debugger's tables a report needs the lines alone.
configure() {
    local dir=backend/build-$1
    shift
    [ ! -f "$dir/build.ninja" ] || return 0
    rm -rf "$dir" # an earlier run may have ended in the middle
    CC=clang CC_LD=lld meson setup "$dir" backend -Doptimization=1 -Dc_args=-gline-tables-only "$@"
}

for folder in "$@"; do
    case $folder in
    asan)
        configure asan -Db_sanitize=address,undefined -Dfuzz=true
        ninja -C backend/build-asan meson-test-prereq fuzz
        ;;
    tsan)
        configure tsan -Db_sanitize=thread
        ninja -C backend/build-tsan product
        ;;
    esac
done

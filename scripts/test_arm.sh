#!/usr/bin/env bash
# The speech engine on 64-bit Arm, emulated: its NEON kernels against exact products, and whole models against
# recorded numbers. Needs the packages gcc-aarch64-linux-gnu and qemu-user, and a Debian mirror for the Arm
# versions of four libraries (kept in backend/build-arm, the system is left alone).
#
#   scripts/test_arm.sh                        a model of each kind of weight, about ten minutes
#   scripts/test_arm.sh mini-en-q5_1 script-ml these goldens of ../shared/whisper instead (NAME:RUN is one run)
#
# The last line is `N passed, N failed`; without the cross compiler or the emulator it says so and passes.
set -euo pipefail
cd "$(dirname "$0")/.."

GOLDENS=${*:-mini-en-q8_0:chirp mini-en-f16:chirp mini-en-q5_1:chirp tiny.en-q8_0:chirp}
BUILD=$PWD/backend/build-arm
ROOT=$BUILD/root
LIBRARIES=$ROOT/usr/lib/aarch64-linux-gnu
PACKAGES="libcmocka0 libcmocka-dev libjansson4 libjansson-dev libuv1 libuv1-dev zlib1g zlib1g-dev"
# Meson's own options for these folders (nn/meson.build) in short; warnings are errors here, too.
CC="aarch64-linux-gnu-gcc -std=gnu11 -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -Ibackend/src -Ibackend/test
    -isystem $ROOT/usr/include -isystem $ROOT/usr/include/aarch64-linux-gnu"
KERNELS="-O3 -fno-math-errno -fno-trapping-math -ffp-contract=fast -DNN_HAVE_NEON"
passed=0
failed=0

for tool in aarch64-linux-gnu-gcc qemu-aarch64; do
    command -v $tool >/dev/null || { echo "skipped: $tool is not installed"; echo "0 passed, 0 failed"; exit 0; }
done

# The Arm packages, unpacked into a folder; apt works on lists of its own.
fetch_root() {
    local apt="apt-get -qq -o APT::Architectures::=amd64 -o APT::Architectures::=arm64 -o Dir::State::Lists=$BUILD/lists
        -o Dir::Cache=$BUILD/cache -o APT::Sandbox::User=root"
    mkdir -p "$BUILD/lists/partial" "$BUILD/cache/archives/partial" "$BUILD/debs"
    $apt update
    (cd "$BUILD/debs" && $apt download $(printf '%s:arm64 ' $PACKAGES))
    for deb in "$BUILD"/debs/*.deb; do dpkg -x "$deb" "$ROOT"; done
    touch "$ROOT/complete"
}

compile() { # OPTIONS FILE...
    local options=$1
    shift
    for file in "$@"; do
        $CC $options -c "backend/$file" -o "$BUILD/$(printf %s "${file%.c}" | tr / -).o"
    done
}

link() { # PROGRAM FILE...
    local program=$1
    shift
    $CC "$@" "$BUILD/libwhisper.a" -L"$LIBRARIES" -Wl,-rpath-link,"$LIBRARIES" -lcmocka -ljansson -luv -lz -lm -lpthread -o "$BUILD/$program-arm"
    printf '#!/bin/sh\nexec qemu-aarch64 -L /usr/aarch64-linux-gnu -E LD_LIBRARY_PATH=%s "%s" "$@"\n' \
        "$LIBRARIES:/usr/aarch64-linux-gnu/lib" "$BUILD/$program-arm" >"$BUILD/$program"
    chmod +x "$BUILD/$program"
}

build() {
    local w=src/asr/whisper others
    others=$(cd backend && ls $w/*.c src/nn/*.c | grep -vE '_(avx|neon|plain)|/(kernels|kernels_q12|whisper)\.c')
    compile "$KERNELS" src/nn/kernels.c src/nn/kernels_plain.c src/nn/kernels_q12.c
    compile "$KERNELS -march=armv8.2-a+dotprod" src/nn/kernels_neon.c
    compile "" $others src/base/{buffer,clock,error,json,text}.c
    rm -f "$BUILD/libwhisper.a"
    aarch64-linux-gnu-ar rcs "$BUILD/libwhisper.a" "$BUILD"/src-*.o
    link whisper-probe -Ibackend/tools backend/tools/whisper-probe/*.c
    for test in linear attention pool; do link "$test" "backend/test/unit/nn/$test.c"; done
}

# Adds the `ok` and `not ok` lines of what runs to the totals.
count() {
    local report=$BUILD/report.txt status=0
    "$@" >"$report" 2>&1 || status=$?
    passed=$((passed + $(grep -c '^ok' "$report" || true)))
    failed=$((failed + $(grep -c '^not ok' "$report" || true)))
    grep '^not ok' -A 20 "$report" || true
    [ $status = 0 ] || grep -q '^not ok' "$report" || failed=$((failed + 1))
}

[ -f "$ROOT/complete" ] || fetch_root
build
for test in pool attention linear; do
    echo "$test"
    CMOCKA_MESSAGE_OUTPUT=TAP count "$BUILD/$test"
done
for golden in $GOLDENS; do
    echo "$golden"
    INTERVIEWD_SOURCE_ROOT=$PWD count /usr/bin/python3 backend/test/unit/whisper/parity.py \
        "$BUILD/whisper-probe" "$BUILD/models" "$golden"
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]

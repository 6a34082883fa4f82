#!/usr/bin/env bash
# Tries what a release is made of: builds the Debian package, and installs, upgrades, removes and purges it in a bare Debian that
# is started for it (debootstrap, systemd-nspawn). Needs root, Debian's registry, and what scripts/packages.txt lists under
# `release`. The last line is `N passed, N failed`.
#
#   scripts/check_release.sh              builds the package first
#   scripts/check_release.sh FILE.deb     tries that one
set -euo pipefail
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || die "A system to install into needs root: sudo scripts/check_release.sh"
need build
need release

WORK=${TMPDIR:-/tmp}/interview-assistant-release
BARE=$WORK/bare # a Debian that nothing was installed in; kept between runs
ROOT=$WORK/root # the one that is tried
passed=0 failed=0
nspawn= # what started the system
leader= # the first process in it

check() { # WHAT CMD...
    local what=$1 log="$LOGS/release-check.log"
    shift
    if "$@" >"$log" 2>&1 </dev/null; then
        passed=$((passed + 1))
        say "ok      $what"
    else
        failed=$((failed + 1))
        say "FAILED  $what"
        tail -n 20 "$log"
    fi
}

# ------------------------------------------------------------------------------------------- package

# From a clone of what is committed: what a clean tree gives. The web app's packages are taken over where they are there.
build_package() {
    rm -rf "$WORK/source"
    git clone -q . "$WORK/source"
    [ ! -d frontend/node_modules ] || cp -al frontend/node_modules "$WORK/source/frontend/node_modules"
    (cd "$WORK/source" && dpkg-buildpackage -us -uc -b)
}

no_tag() { lintian --fail-on error,warning --tag-display-limit 0 --allow-root "$WORK"/interviewd_*.changes; }

smaller_than() { [ "$(stat -c %s "$1")" -le "$2" ]; }

# The same package as a later version, to upgrade to.
later() { # FROM TO
    local folder=$WORK/later
    rm -rf "$folder"
    dpkg-deb -R "$1" "$folder"
    sed -i 's/^Version: .*/&+later/' "$folder/DEBIAN/control"
    dpkg-deb -b "$folder" "$2" >/dev/null
}

# ------------------------------------------------------------------------------------------- system

make_bare() {
    local mirror
    mirror=$(awk '/^deb .*debian/ { print $2; exit } /^URIs:.*debian/ { print $2; exit }' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true)
    rm -rf "$BARE.part"
    debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,ca-certificates,curl,jq bookworm "$BARE.part" \
        "${mirror:-http://deb.debian.org/debian}"
    # As this machine reaches its registry: proxies and certificates of their own.
    cp -R /etc/apt/apt.conf.d/. "$BARE.part/etc/apt/apt.conf.d/"
    cp -R /usr/local/share/ca-certificates/. "$BARE.part/usr/local/share/ca-certificates/" 2>/dev/null || true
    mv "$BARE.part" "$BARE"
}

# Beside its own filter, nspawn of Debian 12 knows nothing of Landlock.
boot() {
    systemd-nspawn -q -bD "$ROOT" --register=no --keep-unit --console=pipe --private-network \
        --system-call-filter="landlock_create_ruleset landlock_add_rule landlock_restrict_self" \
        >"$LOGS/release-boot.log" 2>&1 </dev/null &
    nspawn=$!
    for _ in $(seq 100); do
        leader=$(pgrep -P "$nspawn" || true)
        if [ -n "$leader" ]; then
            case $(inside systemctl is-system-running 2>/dev/null) in running | degraded) return 0 ;; esac
        fi
        sleep 0.2
    done
    return 1
}

halt() {
    [ -n "$nspawn" ] || return 0
    { [ -n "$leader" ] && inside systemctl poweroff >/dev/null 2>&1; } || kill "$nspawn" 2>/dev/null || true
    wait "$nspawn" 2>/dev/null || true
    nspawn= leader=
}
trap halt EXIT

inside() {
    nsenter -t "$leader" -m -u -i -p -n env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"
}

# What apt fetches comes over this machine's network; the system itself has none but its own 127.0.0.1.
fetch() { chroot "$ROOT" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }

api() { # METHOD PATH CURL-ARGS... - as the page of the local owner would
    local method=$1 path=$2
    shift 2
    inside curl -sf -m 60 -X "$method" -H "Origin: http://127.0.0.1:8080" -H "Authorization: Bearer $token" "$@" "http://127.0.0.1:8080/api/v1/$path"
}

sign_in() {
    token=
    token=$(api POST auth/local -H "Content-Type: application/json" -d '{}' | inside jq -r .accessToken)
    [ -n "$token" ] && [ "$token" != null ]
}

page_answers() { inside curl -sf -m 30 http://127.0.0.1:8080/ | grep -q "<html"; }

hears() { api POST transcribe -F file=@/root/question.wav | grep -qi "project"; }

keep_a_profile() {
    api POST profiles -H "Content-Type: application/json" -d '{"name":"Ada","context":"Led the migration of a billing system under a deadline of six weeks."}'
}

profile_is_there() { api GET profiles | grep -q '"name":"Ada"'; }

exposure() {
    inside systemd-analyze security interviewd.service --no-pager | tee "$LOGS/release-exposure.txt" |
        awk '/Overall exposure/ { found = 1; exit !($(NF - 2) <= 2.0) } END { if (!found) exit 1 }'
}

confined() { inside curl -sf http://127.0.0.1:8080/readyz | grep -q '"confined":"full"'; }

private() { [ "$(inside stat -c %a:%U /var/lib/interviewd)" = 700:interviewd ] && [ "$(inside stat -c %a:%G /etc/interviewd/interviewd.conf)" = 640:interviewd ]; }

# Clients that come while the program is replaced wait for the next one: the socket stays.
upgrade() {
    local i
    inside bash -c 'for i in $(seq 200); do curl -s -m 30 -o /dev/null -w "%{http_code}\n" http://127.0.0.1:8080/api/v1/health; sleep 0.05; done' >"$LOGS/release-upgrade.txt" &
    i=$!
    inside dpkg -i /root/later.deb
    wait $i
    [ "$(grep -c '^200$' "$LOGS/release-upgrade.txt")" = 200 ]
}

gone() { inside true && ! inside test -e /usr/bin/interviewd && ! inside systemctl is-active interviewd.socket interviewd.service; }

kept() { inside test -s /var/lib/interviewd/interview.db; }

nothing_left() {
    inside true && ! inside test -e /var/lib/interviewd && ! inside test -e /etc/interviewd && ! inside test -e /usr/lib/interviewd &&
        ! inside test -e /etc/apparmor.d/usr.bin.interviewd
}

# ------------------------------------------------------------------------------------------- the steps

mkdir -p "$WORK"
DEB=${1:-}
if [ -z "$DEB" ]; then
    rm -f "$WORK"/interviewd*.deb "$WORK"/interviewd*.changes
    quietly "Build the package" build_package
    DEB=$(ls "$WORK"/interviewd_*.deb)
    check "lintian has nothing to say" no_tag
fi
check "the package has at most 8 MB ($(stat -c %s "$DEB") bytes)" smaller_than "$DEB" 8000000
[ -d "$BARE" ] || quietly "Make a bare Debian" make_bare
rm -rf "$ROOT"
cp -a "$BARE" "$ROOT"
cp "$DEB" "$ROOT/root/interviewd.deb"
later "$DEB" "$ROOT/root/later.deb"
espeak-ng -w "$ROOT/root/question.wav" "Please tell me about a project that you are proud of."
fetch apt-get update -q >"$LOGS/release-apt.log" 2>&1
fetch apt-get install -q -y --no-install-recommends --download-only /root/interviewd.deb >>"$LOGS/release-apt.log" 2>&1

boot || die "The bare Debian does not start: $LOGS/release-boot.log"
started=$SECONDS
check "apt installs it" inside apt-get install -q -y --no-install-recommends /root/interviewd.deb
check "the page answers" page_answers
say "        $((SECONDS - started)) s after the packages had come"
check "the service's exposure is at most 2.0" exposure
check "its folders are its own" private
check "the local owner may sign in" sign_in
check "it hears what is said" hears
check "a profile is kept" keep_a_profile
check "the server is confined" confined
check "its manual is there" inside test -s /usr/share/man/man1/interviewd.1.gz
check "an upgrade refuses nobody" upgrade
check "the local owner may sign in again" sign_in
check "the profile is there" profile_is_there
check "it is removed" inside apt-get remove -q -y interviewd
check "nothing of it runs" gone
check "what was stored is kept" kept
check "it comes back" inside apt-get install -q -y --no-install-recommends /root/later.deb
check "the local owner may sign in once more" sign_in
check "the profile is there still" profile_is_there
check "it is purged" inside apt-get purge -q -y interviewd
check "nothing of it is left" nothing_left
halt
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]

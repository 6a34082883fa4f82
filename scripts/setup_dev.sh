#!/usr/bin/env bash
# Installs what is needed and builds everything: backend/build/interviewd and frontend/out.
# Works as root or with sudo; run it as often as you like.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

need build
build_all
say "Ready: backend/build/interviewd"

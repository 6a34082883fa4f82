#!/usr/bin/env bash
# Sets up if needed, then starts Interview Assistant and prints its address. Arguments go to
# `interviewd serve`, e.g. scripts/run.sh --listen 127.0.0.1:9000 --data ~/interviews
set -euo pipefail
. "$(dirname "$0")/lib.sh"

need build
build_backend
build_web
exec backend/build/interviewd serve "$@"

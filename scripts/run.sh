#!/usr/bin/env bash
# Sets up if needed, then starts Interview Assistant and prints its address. What makes it hear better is fetched beside
# it, for the next interview: --models none leaves that, also for languages that are chosen later, --models NAME[,NAME…]
# takes others. The other arguments go to
# `interviewd serve`, e.g. scripts/run.sh --listen 127.0.0.1:9000 --data ~/interviews
set -euo pipefail
. "$(dirname "$0")/lib.sh"

MODELS=${INTERVIEWD_MODELS:-default}
serve=() # what the server is given
place=() # of that, what says where models lie
while [ $# -gt 0 ]; do
    case $1 in
    --models) MODELS=${2:?--models needs none or names} && shift ;;
    --models=*) MODELS=${1#*=} ;;
    --data | --config | --model-url | --asr-language) serve+=("$1" "${2:-}") place+=("$1" "${2:-}") && shift ;;
    --data=* | --config=* | --model-url=* | --asr-language=*) serve+=("$1") place+=("$1") ;;
    *) serve+=("$1") ;;
    esac
    [ $# = 0 ] || shift
done
unset INTERVIEWD_MODELS # a setting of this script, not of the server

need build
build_all
# It ends with the server, which takes this shell's place; what has come by then is kept.
[ "$MODELS" != none ] || serve+=(--fetch-models off)
[ "$MODELS" = none ] || nice -n 10 backend/build/interviewd models get --beside ${MODELS//,/ } ${place[@]+"${place[@]}"} &
exec backend/build/interviewd serve ${serve[@]+"${serve[@]}"}

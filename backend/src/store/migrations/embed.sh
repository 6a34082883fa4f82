#!/bin/sh
# embed.sh NAME FILE...: the SQL files as a C table `NAME` of struct store_migration, in order
set -e
name=$1
shift
echo '/* Written by store/migrations/embed.sh; do not edit. */'
echo '#include "store/driver.h"'
i=0
for file in "$@"; do
    i=$((i + 1))
    case $(basename "$file") in
    $(printf '%04d' $i)_*) ;;
    *) echo "embed.sh: $file is not number $i" >&2; exit 1 ;;
    esac
    echo "static const char sql_$i[] = {"
    od -An -v -tx1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
    echo "0};"
done
echo "const struct store_migration $name[] = {"
i=0
for file in "$@"; do
    i=$((i + 1))
    echo "    {$i, \"$(basename "$file")\", sql_$i},"
done
echo "    {0, 0, 0}};"

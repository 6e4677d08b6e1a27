#!/bin/sh
# Runs a command under limits. Its arguments: `letter=value` for each, as ulimit has them, then `--`, then the command.
# Where the limit in force is lower already, it can't be raised and stays: so a failure is none.
set -eu
while [ "$1" != -- ]; do
  ulimit "-${1%%=*}" "${1#*=}" 2>/dev/null || true
  shift
done
shift
exec "$@"

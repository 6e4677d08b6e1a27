#!/bin/sh
# Runs FFmpeg as a guest of the node: it dies with the node, whatever kills that, and cannot take all memory or time.
# LECTERN_FFMPEG is the program; the arguments are FFmpeg's own.
set -eu
ulimit -v 8388608 2>/dev/null || true # KiB of address space
ulimit -t 3600 2>/dev/null || true # seconds of CPU
ulimit -c 0 2>/dev/null || true
if command -v setpriv >/dev/null 2>&1; then
  exec setpriv --pdeathsig KILL -- "${LECTERN_FFMPEG:-ffmpeg}" "$@"
fi
exec "${LECTERN_FFMPEG:-ffmpeg}" "$@"

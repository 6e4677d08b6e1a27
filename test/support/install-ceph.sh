#!/bin/sh
# Brings the S3 server that tests are run against: Ceph's radosgw and what it stands on (about 70 MB from Debian).
# They are only programs here: no daemon is started or enabled. Costs nothing when they are there.
set -eu

PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
packages="radosgw ceph-mon ceph-osd ceph-common"

say() { printf '%s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }
complete() { has radosgw && has ceph-mon && has ceph-osd && has ceph && has monmaptool; }

if [ -n "${LECTERN_TEST_S3_ENDPOINT:-}" ] || complete; then exit 0; fi

give_up() {
  say "The S3 tests need a server: $1"
  say "  Debian, Ubuntu:  sudo apt-get install --no-install-recommends $packages"
  say "or name another S3 server in LECTERN_TEST_S3_ENDPOINT, with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
  exit 1
}
if ! has apt-get || ! [ -f /etc/debian_version ]; then give_up "this is no Debian, where they would install Ceph themselves."; fi
if [ "$(id -u)" != 0 ]; then give_up "they would install Ceph, but may not (not root)."; fi

policy=/usr/sbin/policy-rc.d # exit 101: services may not be started (deb-policy)
made=no
log=$(mktemp /tmp/lectern-ceph.XXXXXX)
release() { rm -f "$log"; if [ $made = yes ]; then rm -f $policy; fi; }
trap release EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
if ! [ -e $policy ]; then
  made=yes
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod 755 $policy
fi
say "Installing $packages (once, about a minute) …"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of words
if ! { apt-get update && apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 $packages; } >"$log" 2>&1 </dev/null; then
  tail -n 15 "$log" >&2
  give_up "apt-get failed; its last lines are above."
fi
# What Debian enabled is for machines that serve.
if has systemctl; then
  systemctl --quiet disable ceph.target ceph-mon.target ceph-osd.target ceph-radosgw.target ceph-crash.service >/dev/null 2>&1 || true
fi
complete || give_up "the packages are installed, but their programs are not in PATH."

#!/bin/sh
# Brings what Lectern needs and this machine lacks: the locked npm packages (the pinned Node is one of them) and the
# programs ffmpeg, bubblewrap (FFmpeg's sandbox), nats-server and redis-server; with --tests also a Chromium, proxies, Ceph's
# S3 server, Prometheus, Alertmanager and the packages of the classifier. Every npm script runs it first, so it must cost
# nothing when nothing is missing: no npm, no Node, only look-ups.
# It leaves no other trace: services that the packages bring are neither started nor enabled.
set -eu
cd "$(dirname "$0")/.."

PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" # Debian keeps nats-server in /usr/sbin, which a user's PATH may lack
tests=no
for argument in "$@"; do
  case "$argument" in
    --tests) tests=yes ;;
    *) echo "usage: sh scripts/setup.sh [--tests]" >&2; exit 2 ;;
  esac
done

say() { printf '%s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }
# kill -0 also fails for a living process of another user.
alive() { kill -0 "$1" 2>/dev/null || [ -d "/proc/$1" ]; }

# Prints the Debian names of the programs that are missing. An address or path in the settings stands for the program;
# the tests start their own servers whatever the settings say.
missing_packages() {
  if { [ -z "${LECTERN_FFMPEG:-}" ] && ! has ffmpeg; } || { [ -z "${LECTERN_FFPROBE:-}" ] && ! has ffprobe; }; then echo ffmpeg; fi
  if { [ $tests = yes ] || [ "${LECTERN_SANDBOX:-}" != limits ]; } && [ "$(uname -s)" = Linux ] && ! has bwrap; then echo bubblewrap; fi
  if { [ $tests = yes ] || [ -z "${LECTERN_NATS_URL:-}" ]; } && ! has nats-server; then echo nats-server; fi
  if { [ $tests = yes ] || [ -z "${LECTERN_REDIS_URL:-}" ]; } && ! has redis-server; then echo redis-server; fi
  # Ceph's radosgw is the real S3 server that the tests use, unless they are given another.
  if [ $tests = yes ] && [ -z "${LECTERN_TEST_S3_ENDPOINT:-}" ]; then
    for program in radosgw ceph-mon ceph-osd; do has $program || echo $program; done
    has ceph || echo ceph-common
  fi
  # Proxies that sources are fetched through.
  if [ $tests = yes ]; then
    has tinyproxy || echo tinyproxy-bin
    has microsocks || echo microsocks
  fi
  # GStreamer's player is one of the clients that the manifests are tried with: its parts are named by what they play.
  if [ $tests = yes ] && ! has gst-launch-1.0; then
    for part in gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav; do echo $part; done
  fi
  if [ $tests = yes ] && ! has nginx; then echo nginx; fi # the edge
  if [ $tests = yes ] && ! has jq; then echo jq; fi # which the guide to the API uses
  if [ $tests = yes ]; then # the alerts' rules are tried with the real ones; promtool and amtool come with them
    has prometheus || echo prometheus
    has prometheus-alertmanager || echo prometheus-alertmanager
  fi
  if [ $tests = yes ] && [ "$(uname -s)" = Linux ] && ! has systemd-analyze; then echo systemd; fi
  if [ $tests = yes ] && ! has chromium && ! has chromium-browser && ! has google-chrome; then echo chromium; fi
}

stamp=node_modules/.lectern-setup
wanted_stamp="$(cksum <package-lock.json) $(uname -sm)"
packages_installed() { [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted_stamp" ] && [ -x node_modules/.bin/node ]; }

# Its packages have a lock of their own: of what Lectern runs by default, nothing needs them.
classifier=deploy/classifier
classifier_installed() { [ $tests = no ] || { [ -f "$classifier/$stamp" ] && [ "$(cat "$classifier/$stamp")" = "$(cksum <"$classifier/package-lock.json")" ]; }; }

if packages_installed && classifier_installed && [ -z "$(missing_packages)" ]; then exit 0; fi

# --- from here on something is to be done, by one set-up at a time -----------------------------------------------

held=
release() { # in reverse; the traps call it
  for thing in $held; do rm -rf "$thing"; done
  held=
}
trap release EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# take_lock DIR: waits while a living process holds it; one that died without letting go doesn't count.
take_lock() {
  waited=0
  until mkdir "$1" 2>/dev/null; do
    owner=$(cat "$1/pid" 2>/dev/null || true)
    if [ -n "$owner" ] && ! alive "$owner"; then rm -rf "$1"; continue; fi
    if [ -z "$owner" ] && [ $waited -ge 5 ]; then rm -rf "$1"; continue; fi # it died before it wrote its id
    if [ $waited = 1 ]; then say "Another set-up is under way${owner:+ (process $owner)}; waiting for it."; fi
    waited=$((waited + 1))
    sleep 1
  done
  echo $$ >"$1/pid"
  held="$1 $held"
}

find_npm() {
  if ! has node || ! has npm; then
    say "Lectern needs Node 20 or newer with npm: https://nodejs.org, or: apt-get install nodejs npm"
    exit 1
  fi
  # The pinned Node is about to be replaced, so the system's does it.
  clean_path=$(printf '%s' "$PATH" | tr ':' '\n' | grep -v '/node_modules/\.bin$' | grep -v '/node-gyp-bin$' | paste -sd: -)
}

# take_locked FOLDER WHAT MEGABYTES: what the folder's lock asks for is there afterwards.
take_locked() {
  if PATH="$clean_path" node scripts/lock-installed.mjs "$1"; then return 0; fi
  say "Installing the locked npm packages${2:+ $2} (once; about half a minute) …"
  log=$(mktemp /tmp/lectern-setup.XXXXXX)
  held="$log $held"
  if ! (PATH="$clean_path"; npm_install "$1"); then
    say "npm could not install the packages${2:+ $2}: its message is above. It needs the npm registry and about $3 MB of disk."
    exit 1
  fi
}

install_packages() {
  find_npm
  take_locked . "" 500
  if ! node_modules/.bin/node --version >/dev/null 2>&1; then # npm was told not to run install scripts
    (cd node_modules/node && PATH="$clean_path" node installArchSpecificPackage >/dev/null 2>&1) || true
  fi
  if ! node_modules/.bin/node --version >/dev/null 2>&1; then
    say "The pinned Node (npm package \"node\") did not install its program. Most likely npm may not run install scripts:"
    say "  npm config set ignore-scripts false && rm -rf node_modules && npm start"
    exit 1
  fi
  printf '%s\n' "$wanted_stamp" >"$stamp"
}

install_classifier() {
  find_npm
  take_locked "$classifier" "of the classifier" 350
  cksum <"$classifier/package-lock.json" >"$classifier/$stamp"
}

# `npm ci` refuses a lock that lacks some other platform's optional package (EUSAGE); `npm install` takes the same
# versions from the same lock without that.
npm_install() { # $1: the folder
  options="--include=dev --no-audit --no-fund --loglevel=error --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000 --prefix $1"
  # shellcheck disable=SC2086 # a list of words
  if npm ci $options >"$log" 2>&1; then return 0; fi
  # shellcheck disable=SC2086
  if grep -q EUSAGE "$log"; then npm install --no-save $options >&2; return; fi
  tail -n 15 "$log" >&2
  return 1
}

cannot_install() { # $1: why; the rest: packages
  why=$1; shift
  say "Lectern needs programs that are missing here: $*."
  say "$why Install them, then run the same command again:"
  say "  Debian, Ubuntu:  sudo apt-get install --no-install-recommends $*"
  say "  Fedora:          sudo dnf install $(printf '%s ' "$@" | sed 's/ffmpeg/ffmpeg-free/; s/redis-server/redis/')"
  say "  macOS:           brew install $(printf '%s ' "$@" | sed 's/redis-server/redis/')"
  say "Or let containers bring everything:  docker compose up"
  exit 1
}

# Debian starts and enables a service when its package is installed. Here they are only programs: a policy-rc.d that
# forbids starting (deb-policy: exit 101), and what got enabled is disabled again.
install_programs() {
  if ! has apt-get || ! [ -f /etc/debian_version ]; then cannot_install "This is no Debian, so the set-up can't." "$@"; fi
  if [ "$(id -u)" != 0 ]; then cannot_install "The set-up may not (it isn't root)." "$@"; fi
  take_lock /run/lectern-setup
  policy=/usr/sbin/policy-rc.d
  if ! [ -e $policy ]; then
    held="$policy $held"
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
  fi
  say "Installing $* (once) …"
  log=$(mktemp /tmp/lectern-setup.XXXXXX)
  held="$log $held"
  export DEBIAN_FRONTEND=noninteractive
  there=" $(installed_packages) "
  if ! { apt-get update && apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"; } >"$log" 2>&1 </dev/null; then
    tail -n 15 "$log" >&2
    cannot_install "apt-get failed: its last lines are above." "$@"
  fi
  # Also those of the packages that these brought along.
  for package in $(installed_packages); do
    case "$there" in *" $package "*) ;; *) disable_services "$package" ;; esac
  done
}

installed_packages() { dpkg-query -W -f '${binary:Package} ${db:Status-Status}\n' | sed -n 's/ installed$//p' | tr '\n' ' '; }

disable_services() {
  for unit in $(dpkg -L "$1" | sed -n 's,^.*/systemd/system/\([^/@]*\.\(service\|target\|socket\|timer\|path\)\)$,\1,p'); do
    if has systemctl; then
      systemctl --quiet disable "$unit" >/dev/null 2>&1 || say "$unit stays enabled; to change that: systemctl disable $unit"
      if [ -d /run/systemd/system ]; then systemctl stop "$unit" >/dev/null 2>&1 || true; fi # it never ran: nothing to stop
    else
      find /etc/systemd/system -lname "*/$unit" -exec rm {} + # what deb-systemd-helper linked for a systemd to come
    fi
  done
  for script in $(dpkg -L "$1" | sed -n 's|^/etc/init.d/||p'); do
    if has update-rc.d; then update-rc.d "$script" disable >/dev/null 2>&1 || true; fi # not linked: nothing to disable
  done
}

mkdir -p .lectern
take_lock .lectern/setup.lock
if ! packages_installed; then install_packages; fi # the set-up that was waited for may have done it
if ! classifier_installed; then install_classifier; fi
missing=$(missing_packages)
# shellcheck disable=SC2086 # a list of words
if [ -n "$missing" ]; then install_programs $missing; fi
missing=$(missing_packages)
# shellcheck disable=SC2086
if [ -n "$missing" ]; then cannot_install "They were installed but can't be found in PATH." $missing; fi

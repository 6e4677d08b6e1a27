#!/usr/bin/env bash
# Makes a cluster in $CEPH_DATA where there is none yet, runs it, and ends when any of it does.
# S3_ACCESS_KEY and S3_SECRET_KEY are the keys of its one user; CEPH_SIZE is the most that it holds, in a file that grows.
set -euo pipefail
: "${CEPH_DATA:?}" "${CEPH_SIZE:?}" "${S3_HOST:?}" "${S3_PORT:?}" "${MONITOR_PORT:?}" "${S3_ACCESS_KEY:?}" "${S3_SECRET_KEY:?}"
umask 077
mkdir -p "$CEPH_DATA"/{mon,osd,run,log}
conf="$CEPH_DATA/ceph.conf"
fsid_file="$CEPH_DATA/fsid"
[ -f "$fsid_file" ] || cat /proc/sys/kernel/random/uuid >"$fsid_file"
fsid=$(cat "$fsid_file")

# Its parts are alone on this machine, or in this container, and need no keys among themselves; S3 requests do.
cat >"$conf" <<END
[global]
fsid = $fsid
mon_host = [v1:127.0.0.1:$MONITOR_PORT]
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
public_network = 127.0.0.0/8
ms_bind_ipv6 = false
ms_bind_msgr2 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_allow_insecure_global_id_reclaim = false
keyring = $CEPH_DATA/keyring
run_dir = $CEPH_DATA/run
admin_socket = $CEPH_DATA/run/\$name.\$pid.asok
pid_file =
log_file =
log_to_file = false
log_to_stderr = true
err_to_stderr = true
crash_dir = $CEPH_DATA/log
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
[mon]
mon_data = $CEPH_DATA/mon
mon_cluster_log_to_file = false
[osd]
osd_data = $CEPH_DATA/osd
osd_objectstore = bluestore
osd_memory_target = 1073741824
bluestore_block_size = $(numfmt --from=iec "$CEPH_SIZE")
[client.rgw.a]
rgw_frontends = beast endpoint=$S3_HOST:$S3_PORT tcp_nodelay=1
rgw_enable_usage_log = false
END

# The last one goes first: a gateway whose OSD is gone takes two minutes to end, an OSD without its monitor five seconds.
end() {
  trap '' TERM INT
  for pid in $(jobs -p | tac); do
    kill "$pid" 2>/dev/null || true
    for _ in {1..40}; do if ! kill -0 "$pid" 2>/dev/null; then break; fi; sleep 0.1; done
  done
  kill -KILL $(jobs -pr) 2>/dev/null || true
  wait
}
trap end EXIT
trap 'exit 0' TERM INT

# They may speak to the monitor before it has told them the cluster's id; it then refuses them ("wrong fsid"), and they are asked once more.
insist() { for _ in 1 2 3 4; do if "$@"; then return; fi; sleep 1; done; "$@"; }
ceph_() { insist ceph -c "$conf" --connect-timeout 30 "$@"; }
# A daemon that was refused so ends: run_until READY COMMAND... starts it up to five times, until READY succeeds.
run_until() {
  local ready=$1 pid starts=1
  shift
  "$@" & pid=$!
  until "$ready"; do
    if ! kill -0 "$pid" 2>/dev/null; then
      wait "$pid" || true # or the last `wait -n` would be told of it
      if [ "$((starts++))" -ge 5 ]; then return 1; fi
      "$@" & pid=$!
    fi
    sleep 0.5
  done
}
osd_is_up() { ceph -c "$conf" --connect-timeout 30 osd stat -f json | grep -q '"num_up_osds":1'; }
s3_listens() { (exec 3<>"/dev/tcp/$S3_HOST/$S3_PORT") 2>/dev/null; }

if ! [ -f "$CEPH_DATA/mon/made" ]; then
  rm -rf "$CEPH_DATA"/mon/* "$CEPH_DATA"/osd/* "$CEPH_DATA/keyring"
  ceph-authtool --create-keyring "$CEPH_DATA/keyring" --gen-key -n mon. --cap mon 'allow *'
  monmaptool --create --clobber --addv a "[v1:127.0.0.1:$MONITOR_PORT]" --fsid "$fsid" "$CEPH_DATA/monmap"
  ceph-mon -c "$conf" -i a --mkfs --monmap "$CEPH_DATA/monmap" --keyring "$CEPH_DATA/keyring"
fi
ceph-mon -c "$conf" -f -i a &
if ! [ -f "$CEPH_DATA/mon/made" ]; then
  osd=$(cat /proc/sys/kernel/random/uuid)
  ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$osd"
  ceph_ osd new "$osd"
  touch "$CEPH_DATA/mon/made"
fi
ceph_ -s >/dev/null
run_until osd_is_up ceph-osd -c "$conf" -f -i 0
# First who may ask: a node that was answered 403 would take it that its bucket is there.
insist radosgw-admin -c "$conf" -n client.rgw.a user info --uid=lectern >/dev/null 2>&1 \
  || insist radosgw-admin -c "$conf" -n client.rgw.a user create --uid=lectern --display-name=lectern --access-key="$S3_ACCESS_KEY" --secret-key="$S3_SECRET_KEY" >/dev/null
run_until s3_listens radosgw -c "$conf" -f -n client.rgw.a
echo "S3 on $S3_HOST:$S3_PORT"
wait -n || true
exit 1

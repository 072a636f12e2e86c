#!/usr/bin/env bash
# The main job on this machine: a control plane, a virtual device of each architecture, one workload in a microVM on both.
#   deploy/try.sh [--once] [--data DIR]
#     --once      stop cleanly after the report; exit 0 only if every step was seen to work
#     --data DIR  control plane's data, devices' disks and all logs (default: artifacts/try; kept between runs)
# Needs root, Debian 12 and the .NET 10 SDK. Ctrl-C stops everything that it started.
set -euo pipefail
cd "$(dirname "$0")/.."
export HOME=${HOME:-/root}
root=$PWD
release=$root/artifacts/release
data=$root/artifacts/try
once=no
devices=(edge-1 edge-2)
declare -A arch_of=([edge-1]=x86_64 [edge-2]=aarch64)
while [ $# -gt 0 ]; do
  case $1 in
    --once) once=yes ;;
    --data) data=${2:?--data needs a folder}; shift ;;
    -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "microvm: unknown option '$1' (--once, --data DIR)" >&2; exit 2 ;;
  esac
  shift
done

began=$(date +%s%N)
since=$(date -u +%Y-%m-%dT%H:%M:%S) # what an earlier run left in the data does not count
seconds_since() { awk "BEGIN { printf \"%.1f\", ($(date +%s%N) - $1) / 1e9 }"; }
step() { step_began=$(date +%s%N); step_name=$1; printf '\n== %s\n' "$1"; }
done_step() { printf '   %s s: %s\n' "$(seconds_since "$step_began")" "${1:-done}"; }
fail() { printf '\nmicrovm: %s\n' "$*" >&2; exit 1; }

pids=()
stopping=no
stop_all() {
  code=$?
  [ "$stopping" = yes ] && return
  stopping=yes
  trap '' INT TERM
  [ ${#pids[@]} -gt 0 ] && printf '\nstopping; a device that is still booting takes 15 s\n'
  # The devices first and together (their agents say goodbye), then the control plane; SIGKILL only after 15 s.
  for pid in "${pids[@]:1}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    pid=${pids[i]}
    kill -TERM "$pid" 2>/dev/null || continue
    timeout 15 tail --pid="$pid" -f /dev/null || kill -KILL "$pid" 2>/dev/null || true
  done
  [ ${#pids[@]} -gt 0 ] && echo "stopped"
  exit "$code"
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Polls a condition five times a second, because it is about other processes; names the step when time is up.
wait_for() { # seconds, description, command...
  local limit=$1 what=$2 end; shift 2
  end=$((SECONDS + limit))
  until "$@" >/dev/null 2>&1; do
    for pid in "${pids[@]}"; do
      kill -0 "$pid" 2>/dev/null || fail "$step_name: a process ended while waiting for $what; its log is in $data"
    done
    [ $SECONDS -lt $end ] || fail "$step_name: no $what within $limit s; logs are in $data"
    sleep 0.2
  done
}

free_port() { # first free loopback port from $1 upwards
  local port=$1
  while (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
  echo "$port"
}

step "Debian packages"
bash deploy/prerequisites.sh try
done_step

step "Build (binaries, guest, device, sample image)"
bash deploy/build.sh "$release"
done_step "everything is in ${release#"$root"/}"

mkdir -p "$data"
api_port=$(free_port 8443)
mqtt_port=$(free_port 8883)
export MVM_CONFIG=$data/login.json
server=https://127.0.0.1:$api_port
mvm=$release/mvm

step "Control plane (SQLite, embedded MQTT gateway, data in ${data#"$root"/}/controlplane)"
"$release/controlplane/microvm-controlplane" --data "$data/controlplane" \
  --listen "127.0.0.1:$api_port" --mqtt "127.0.0.1:$mqtt_port" --name 10.0.2.2 >"$data/controlplane.log" 2>&1 </dev/null &
pids+=($!)
authority=$data/controlplane/identity/ca.pem
wait_for 60 "answer from the control plane" curl -fsS --cacert "$authority" "$server/healthz"
"$mvm" login "$server" --token-file "$data/controlplane/admin.token" --ca-file "$authority"
done_step "API $server, MQTT over TLS 127.0.0.1:$mqtt_port"

step "Sample image: push an OCI image layout"
"$mvm" images push "$release/sample" --name hello:1
done_step

step "Virtual devices ${devices[*]} (edge hosts in QEMU with KVM of their own: ${arch_of[edge-1]}, ${arch_of[edge-2]})"
token=$("$mvm" enrol token create --uses ${#devices[@]} --label enrolled-by=try)
device_online() { "$mvm" devices -o json | jq -e --arg id "$1" '.items[] | select(.id == $id and .online)'; }
for device in "${devices[@]}"; do
  bash deploy/virtual-device/run.sh --id "$device" --arch "${arch_of[$device]}" --release "$release" --work "$data/$device" \
    --api-port "$api_port" --mqtt-port "$mqtt_port" --enrol-token "$token" >"$data/$device.log" 2>&1 </dev/null &
  pids+=($!)
done
for device in "${devices[@]}"; do
  wait_for 180 "device $device online" device_online "$device"
done
"$mvm" devices
"$mvm" devices identities
done_step "enrolled and online"

step "Apply deploy/samples/hello"
"$mvm" apply -f deploy/samples/hello/deployment.yaml
"$mvm" rollout status hello --watch --timeout 5m
"$mvm" get deployment hello
done_step "its VMs run"

step "Log lines that the workload wrote inside the VMs"
ten_lines() {
  "$mvm" logs "$1/hello" --tail 10 -o json |
    jq -e --arg since "$since" '[.items[] | select(.time >= $since)] | length >= 10'
}
for device in "${devices[@]}"; do
  wait_for 120 "ten log lines of $device" ten_lines "$device"
  printf '%s (%s):\n' "$device" "${arch_of[$device]}"
  "$mvm" logs "$device/hello" --tail 10
done
done_step

step "Telemetry"
vm_sampled() {
  "$mvm" top -o json | jq -e --arg since "$since" --arg device "$1" '.items[]
    | select(.device == $device and .at >= $since and (.vms[] | .name == "hello" and .phase == "Running" and .residentBytes > 0))'
}
for device in "${devices[@]}"; do
  wait_for 60 "telemetry of the VM on $device" vm_sampled "$device"
done
"$mvm" top
done_step

cat <<END

Every step worked; $(seconds_since "$began") s in all.
  API       $server   (OpenAPI: $server/openapi/v1.json)
  logs      $data
Go on with, in another terminal:
  export MVM_CONFIG=$MVM_CONFIG PATH=$release:\$PATH
  mvm devices
  mvm logs ${devices[0]}/hello -f
  mvm top
  mvm apply -f deploy/samples/hello/deployment.yaml     # change it first, then watch:
  mvm rollout status hello --watch
END
[ "$once" = yes ] && exit 0
echo "Ctrl-C stops the devices and the control plane."
wait "${pids[@]}" || fail "a process ended by itself; logs are in $data"

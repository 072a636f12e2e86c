#!/usr/bin/env bash
# Builds everything that is shipped into one folder and reuses what is already there:
#   deploy/build.sh [OUT] [STAGE ...]     (default: artifacts/release in the clone, all stages)
#   OUT/microvm-vmm microvm-init microvm-agent libe_sqlite3.so mvm   NativeAOT binaries
#   OUT/controlplane/microvm-controlplane                            framework-dependent
#   OUT/agent.tar.gz                                                 the agent as a release for 'mvm agent releases push'
#   OUT/guest/{vmlinuz,initramfs.cpio}  OUT/device/{vmlinuz,initramfs.cpio.gz}  OUT/sample (OCI image layout)
#   OUT/device-systemd/{initramfs.cpio.gz,root.raw}                  the same device as a Debian with systemd
#   OUT/aarch64/   the same binaries, guest and device, cross-built for linux-arm64 by the stages NAME-aarch64
# Packages and kernels that are downloaded are kept in $MICROVM_CACHE (default ~/.cache/microvm).
set -euo pipefail
cd "$(dirname "$0")/.."
export HOME=${HOME:-/root}
root=$PWD
out=${1:-$root/artifacts/release}
only=("${@:2}")
mkdir -p "$out"
out=$(cd "$out" && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# A stage is skipped when its inputs hash to what they did when it last finished.
stamp_of() { find "$@" -type f \( -path '*/bin/*' -o -path '*/obj/*' \) -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-64; }
stage() { # name, inputs..., --, command...
  local name=$1 inputs=(); shift
  while [ "$1" != -- ]; do inputs+=("$1"); shift; done; shift
  [ ${#only[@]} = 0 ] || [[ " ${only[*]} " = *" $name "* ]] || return 0
  local stamp began
  stamp=$(stamp_of "${inputs[@]}" deploy/build.sh)
  if [ "$(cat "$out/.stamp-$name" 2>/dev/null)" = "$stamp" ]; then
    printf '  %-22s unchanged\n' "$name"
    return
  fi
  began=$(date +%s.%N)
  rm -f "$out/.stamp-$name"
  "$@" >"$out/.log-$name" 2>&1 || { tail -n 40 "$out/.log-$name" >&2; echo "microvm: building $name failed (all output: $out/.log-$name)" >&2; exit 1; }
  echo "$stamp" >"$out/.stamp-$name"
  printf '  %-22s %5.1f s\n' "$name" "$(awk "BEGIN { print $(date +%s.%N) - $began }")"
}

# Where the files of an architecture lie, and what .NET calls it.
folder_of() { [ "$1" = x86_64 ] && echo "$out" || echo "$out/$1"; }
runtime_of() { [ "$1" = x86_64 ] && echo linux-x64 || echo linux-arm64; }
publish_native() { # architecture, project, binary
  local folder
  folder=$(folder_of "$1")
  dotnet publish "$2" -c Release -r "$(runtime_of "$1")" -v q --nologo -o "$folder/.publish/$3"
  install -m 755 "$folder/.publish/$3/$3" "$folder/$3"
}
publish_agent() { # architecture
  local folder
  folder=$(folder_of "$1")
  publish_native "$1" src/EdgeAgent microvm-agent
  install -m 644 "$folder/.publish/microvm-agent/libe_sqlite3.so" "$folder/libe_sqlite3.so"
}
publish_controlplane() {
  rm -rf "$out/controlplane"
  dotnet publish src/ControlPlane/Host -c Release -v q --nologo -o "$out/controlplane"
}

shared=(src/Shared Directory.Build.props Directory.Packages.props)
for arch in x86_64 aarch64; do
  folder=$(folder_of "$arch")
  suffix=''
  [ "$arch" = x86_64 ] || suffix=-$arch
  stage "vmm$suffix" src/Vmm Directory.Build.props Directory.Packages.props -- publish_native "$arch" src/Vmm microvm-vmm
  stage "init$suffix" src/Vmm/Guest src/Vmm/StaticAot.props "${shared[@]}" -- publish_native "$arch" src/Vmm/Guest microvm-init
  stage "agent$suffix" src/EdgeAgent "${shared[@]}" -- publish_agent "$arch"
  stage "mvm$suffix" src/ControlPlane/Cli "${shared[@]}" -- publish_native "$arch" src/ControlPlane/Cli mvm
  stage "guest$suffix" deploy/guest deploy/fetch-packages.sh "$folder/microvm-init" -- bash deploy/guest/build.sh --arch "$arch" "$folder"
  stage "release$suffix" deploy/pack-agent.sh "$folder"/{microvm-agent,microvm-vmm,libe_sqlite3.so} "$folder/guest/initramfs.cpio" -- \
    bash deploy/pack-agent.sh "$folder" "$folder/agent.tar.gz"
  stage "device$suffix" deploy/virtual-device deploy/systemd deploy/fetch-packages.sh "$folder/microvm-vmm" "$folder/microvm-agent" "$folder/guest" -- \
    bash deploy/virtual-device/build.sh --arch "$arch" "$folder"
  [ "$arch" != x86_64 ] || stage device-systemd deploy/virtual-device deploy/systemd deploy/fetch-packages.sh "$folder/microvm-vmm" "$folder/microvm-agent" "$folder/guest" -- \
    bash deploy/virtual-device/systemd/build.sh "$folder"
done
stage controlplane src/ControlPlane/Abstractions src/ControlPlane/Grains src/ControlPlane/Host "${shared[@]}" -- publish_controlplane
stage sample deploy/samples/hello/build-image.sh deploy/samples/hello/workload.sh deploy/fetch-packages.sh -- bash deploy/samples/hello/build-image.sh "$out/sample"

#!/usr/bin/env bash
# Checks what cannot be installed (root, SDK, disk) and installs the Debian packages that a job needs.
#   deploy/prerequisites.sh try|test|bench
# One clear line and exit 2 when something is missing; nothing is installed unless everything else is there.
set -euo pipefail

job=${1:?usage: deploy/prerequisites.sh try|test|bench}
need_gib=6

fail() { printf 'microvm: %s\n' "$*" >&2; exit 2; }

[ "$(uname -s)" = Linux ] && [ "$(uname -m)" = x86_64 ] ||
  fail "expected an x86_64 Linux machine, found $(uname -s) $(uname -m)"
[ "$(id -u)" = 0 ] || fail "run this as root (it installs Debian packages and starts virtual machines); found uid $(id -u)"
command -v apt-get >/dev/null || fail "expected Debian 12 with apt-get, found no apt-get"
command -v dotnet >/dev/null || fail "expected the .NET 10 SDK on PATH, found no dotnet command"
dotnet --list-sdks | grep -q '^10\.' ||
  fail "expected the .NET 10 SDK, found $(dotnet --list-sdks | cut -d' ' -f1 | paste -sd' ' | grep . || echo 'no SDK')"

root=$(cd "$(dirname "$0")/.." && pwd)
cache=${MICROVM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/microvm}
for place in "$root" "$(dirname "$cache")"; do
  while [ ! -d "$place" ]; do place=$(dirname "$place"); done
  free_kib=$(df -Pk "$place" | awk 'NR == 2 { print $4 }')
  [ "$free_kib" -ge $((need_gib << 20)) ] ||
    fail "expected $need_gib GiB of free disk at $place, found $((free_kib >> 10)) MiB"
done

# clang, lld, zlib: NativeAOT linking. qemu: virtual device. squashfs-tools: images. umoci, busybox: the sample image. lz4: unpacks Debian's kernels.
packages=(clang lld zlib1g-dev qemu-system-x86 busybox-static libssl3 squashfs-tools umoci cpio lz4 zstd xz-utils kmod e2fsprogs curl jq)
# nftables: the virtual device's firewall; tests try its rules.
packages+=(nftables)
# The same for aarch64: linking, virtual device. binutils: which libraries a program needs.
packages+=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-system-arm binutils)
# gcc, libc6-dev, linux-libc-dev: struct layouts are compared with the C headers of both architectures. acpica-tools,
# device-tree-compiler: tables are checked with iasl and dtc.
# iproute2, iputils-ping: network namespaces of the tests. socat: the other end of Linux guests' sockets.
# qemu-user: programs of aarch64 are run on this machine.
[ "$job" = try ] || packages+=(gcc libc6-dev linux-libc-dev linux-libc-dev-arm64-cross acpica-tools device-tree-compiler iproute2 iputils-ping socat qemu-user)
# What the small guest kernel is built with. mosquitto-clients: the least that an MQTT client takes, beside the agent.
[ "$job" != bench ] || packages+=(linux-source-6.1 make flex bison bc libelf-dev mosquitto-clients)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
{ apt-get update -q && apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 || {
  tail -n 5 "$log" >&2
  fail "apt-get could not install ${missing[*]} (its last lines are above)"
}

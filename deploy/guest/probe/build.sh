#!/usr/bin/env bash
# Makes what the tests with Linux guests give to the virtual device (deploy/virtual-device/run.sh --media):
#   deploy/guest/probe/build.sh [--arch x86_64|aarch64] [OUT]     (default: x86_64; $MICROVM_OUT, else artifacts/release in the clone)
# writes OUT/probe/host/{vmlinuz,modules.cpio.gz}, the backports' kernel for the device itself (--kernel), and OUT/probe/probe.squashfs;
# for aarch64 OUT/probe/probe.squashfs alone, with Debian's own kernel and without tools:
#   vm.sh                                                     how the tests run guests there
#   kernels/{debian,backports}/{vmlinuz,vmlinux,release}      Debian's cloud kernels, as they are and unpacked
#   initramfs.cpio                                            busybox, init.sh, the modules of both, 4 MiB of noise, checksums
#   tools/, tools.squashfs                                    socat and its libraries, for the device and as a disk for guests
set -euo pipefail
fail() { printf 'microvm: %s\n' "$*" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
guest=$here/..
arch=x86_64
if [ "${1:-}" = --arch ]; then
  arch=${2:?--arch: expected a value, found nothing}
  shift 2
fi
out=${1:-${MICROVM_OUT:-$here/../../../artifacts/release}}
case $arch in x86_64 | aarch64) ;; *) fail "--arch: expected x86_64 or aarch64, found '$arch'" ;; esac
for program in /bin/busybox socat mksquashfs; do
  command -v "$program" >/dev/null || fail "expected the program $program, found none; deploy/prerequisites.sh test installs it"
done
debian=$("$guest/fetch-kernel.sh" --arch "$arch")
socat=$(readlink -f "$(command -v socat)")
inputs=("$here"/* "$guest"/*.sh "$here/../../virtual-device/stage-kernel.sh" "$debian/version")
if [ "$arch" = x86_64 ]; then
  backports=$("$guest/fetch-kernel.sh" --backports)
  inputs+=("$backports/version" "$socat")
fi

# Skipped when nothing that goes in has changed.
stamp=$(cat "${inputs[@]}" | sha256sum | cut -c1-64)
mkdir -p "$out/probe"
[ "$(cat "$out/probe/.stamp" 2>/dev/null)" != "$stamp" ] || exit 0
rm -f "$out/probe/.stamp"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
pack() { mksquashfs "$1" "$2" -quiet -no-progress -noappend -all-root -noI -noD -noF -noX >/dev/null; }

# socat, with its libraries beside it, runs wherever the folder is mounted.
add_tools() {
  mkdir -p "$work"/media/tools/{bin,lib}
  install -m 755 "$socat" "$work/media/tools/lib/socat"
  ldd "$socat" | sed -n 's|.*[[:space:]]\(/[^ ]*\) (0x.*|\1|p' | while read -r library; do
    install -m 755 "$(readlink -f "$library")" "$work/media/tools/lib/${library##*/}"
  done
  cat >"$work/media/tools/bin/socat" <<'SCRIPT'
#!/bin/sh
lib=${0%/*}/../lib
exec "$lib/ld-linux-x86-64.so.2" --library-path "$lib" "$lib/socat" "$@"
SCRIPT
  chmod 755 "$work/media/tools/bin/socat"
  pack "$work/media/tools" "$work/media/tools.squashfs"
}

busybox=$(readlink -f /bin/busybox)
mkdir -p "$work/media"
if [ "$arch" = x86_64 ]; then
  add_tools
else
  dpkg-deb -x "$("$here/../../fetch-packages.sh" --arch arm64 busybox-static)" "$work/busybox"
  busybox=$work/busybox/bin/busybox
fi

root=$work/root
mkdir -p "$root"/{bin,dev,proc,sys,tmp,tools,mnt,lib/modules}
install -m 755 "$busybox" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
install -m 755 "$here/init.sh" "$root/init"
[ "$arch" = x86_64 ] || aarch64-linux-gnu-gcc -static -O1 -s -o "$root/bin/pair-access" "$here/pair-access.c"
modules=(virtio_mmio virtio_blk virtio_net virtio_balloon virtio-rng vmw_vsock_virtio_transport squashfs evdev)
# Debian's arm64 cloud kernel has no driver for a power button in a device tree, nor for pvpanic.
[ "$arch" != x86_64 ] || modules+=(button pvpanic-mmio)
add_kernel() { # name, folder
  local target=$work/media/kernels/$1 release
  release=$(tr '\0' '\n' <"$(find "$2/modules" -name virtio_mmio.ko)" | sed -n 's/^vermagic=\([^ ]*\) .*/\1/p')
  [ -n "$release" ] || fail "$2: expected a virtio_mmio.ko that names its kernel"
  mkdir -p "$target"
  install -m 644 "$2/vmlinuz" "$target/vmlinuz"
  [ "$arch" != x86_64 ] || "$guest/extract-vmlinux.sh" "$2/vmlinuz" "$target/vmlinux"
  echo "$release" >"$target/release"
  "$guest/stage-modules.sh" "$2" "$work/$1" "${modules[@]}" | sed "s|^/lib/modules/|&$release/|" >"$root/lib/modules/$release.list"
  mv "$work/$1/lib/modules" "$root/lib/modules/$release"
}
add_kernel debian "$debian"
[ "$arch" != x86_64 ] || add_kernel backports "$backports"
# Something that no compression or luck makes right, and the checksum of every file.
head -c 4M /dev/urandom >"$root/noise"
(cd "$root" && find . -type f ! -name checksums -exec md5sum {} + >checksums)
"$guest/pack-cpio.sh" "$root" >"$work/media/initramfs.cpio"
install -m 755 "$here/vm.sh" "$work/media/vm.sh"

if [ "$arch" = x86_64 ]; then
  "$here/../../virtual-device/stage-kernel.sh" "$backports" "$work/host"
  mkdir -p "$out/probe/host"
  "$guest/pack-cpio.sh" "$work/host" | gzip -n -1 >"$out/probe/host/modules.cpio.gz"
  install -m 644 "$backports/vmlinuz" "$out/probe/host/vmlinuz"
fi

pack "$work/media" "$out/probe/probe.squashfs.new"
mv "$out/probe/probe.squashfs.new" "$out/probe/probe.squashfs"
echo "$stamp" >"$out/probe/.stamp"
printf 'probe %s: kernels %s, initramfs %d KiB, medium %d MiB\n' "$arch" "$(ls -m "$work/media/kernels")" \
  "$(($(stat -c %s "$work/media/initramfs.cpio") >> 10))" "$(($(stat -c %s "$out/probe/probe.squashfs") >> 20))"

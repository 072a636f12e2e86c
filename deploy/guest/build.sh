#!/usr/bin/env bash
# Makes what a microVM boots:
#   deploy/guest/build.sh [--arch x86_64|aarch64] [OUT]     (default: x86_64; $MICROVM_OUT, else artifacts/release in the clone)
# takes OUT/microvm-init (of that architecture) and writes OUT/guest/vmlinuz (Debian's cloud kernel, unpacked) and OUT/guest/initramfs.cpio.
# The initramfs is not compressed: it is small, and the guest would pay for the unpacking at every start.
set -euo pipefail
fail() { printf 'microvm: %s\n' "$*" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
arch=x86_64
if [ "${1:-}" = --arch ]; then
  arch=${2:?--arch: expected a value, found nothing}
  shift 2
fi
out=${1:-${MICROVM_OUT:-$here/../../artifacts/release}}
[ -x "$out/microvm-init" ] || fail "expected the program $out/microvm-init, found none"

# In the order of loading: what the root needs first. $MICROVM_GUEST_MODULES adds some, for experiments. Debian's cloud kernels have ext4
# and its checksums built in.
modules=(virtio_mmio virtio_blk squashfs overlay vmw_vsock_virtio_transport virtio-rng virtio_balloon evdev)
# Debian's arm64 cloud kernel has neither gpio-keys nor pvpanic-mmio; microvm-init watches the power button's line itself there.
case $arch in
  x86_64) modules+=(button pvpanic-mmio) ;;
  aarch64) ;;
  *) fail "--arch: expected x86_64 or aarch64, found '$arch'" ;;
esac
modules+=(${MICROVM_GUEST_MODULES:-})
# Loaded only where a guest has a network.
network_modules=(virtio_net)

kernel=$("$here/fetch-kernel.sh" --arch "$arch")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work/etc" "$work/dev" "$work/proc" "$work/sys" "$out/guest"
"$here/stage-modules.sh" "$kernel" "$work" "${modules[@]}" >"$work/etc/modules-load.list"
"$here/stage-modules.sh" "$kernel" "$work" "${network_modules[@]}" | grep -vxFf "$work/etc/modules-load.list" >"$work/etc/modules-network.list"
install -m 755 "$out/microvm-init" "$work/init"
"$here/pack-cpio.sh" "$work" >"$out/guest/initramfs.cpio.new"
mv "$out/guest/initramfs.cpio.new" "$out/guest/initramfs.cpio"
# x86_64: the kernel inside the bzImage. It starts sooner and leaves no packed copies of itself in the guest's memory.
if [ "$arch" = x86_64 ]; then
  "$here/extract-vmlinux.sh" "$kernel/vmlinuz" "$out/guest/vmlinuz.new"
  chmod 644 "$out/guest/vmlinuz.new"
  mv "$out/guest/vmlinuz.new" "$out/guest/vmlinuz"
else
  install -m 644 "$kernel/vmlinuz" "$out/guest/vmlinuz"
fi
printf 'guest kernel %s, initramfs %d KiB\n' "$(cat "$kernel/version")" "$(($(stat -c %s "$out/guest/initramfs.cpio") >> 10))"

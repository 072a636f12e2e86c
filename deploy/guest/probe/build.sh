#!/usr/bin/env bash
# Makes what the tests with Linux guests give to the virtual device (deploy/virtual-device/run.sh --media):
#   deploy/guest/probe/build.sh [OUT]     (default: $MICROVM_OUT, else artifacts/release in the clone)
# writes OUT/probe/host/{vmlinuz,modules.cpio.gz}, the backports' kernel for the device itself (--kernel), and OUT/probe/probe.squashfs:
#   vm.sh                                                     how the tests run guests there
#   kernels/{debian,backports}/{vmlinuz,vmlinux,release}      Debian's cloud kernels, as they are and unpacked
#   initramfs.cpio                                            busybox, init.sh, the modules of both, 4 MiB of noise, checksums
#   tools/, tools.squashfs                                    socat and its libraries, for the device and as a disk for guests
set -euo pipefail
fail() { printf 'microvm: %s\n' "$*" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
guest=$here/..
out=${1:-${MICROVM_OUT:-$here/../../../artifacts/release}}
for program in /bin/busybox socat mksquashfs; do
  command -v "$program" >/dev/null || fail "expected the program $program, found none; deploy/prerequisites.sh test installs it"
done
debian=$("$guest/fetch-kernel.sh")
backports=$("$guest/fetch-kernel.sh" --backports)

# Skipped when nothing that goes in has changed.
socat=$(readlink -f "$(command -v socat)")
stamp=$(cat "$here"/* "$guest"/*.sh "$here/../../virtual-device/stage-kernel.sh" "$debian/version" "$backports/version" "$socat" | sha256sum | cut -c1-64)
mkdir -p "$out/probe"
[ "$(cat "$out/probe/.stamp" 2>/dev/null)" != "$stamp" ] || exit 0
rm -f "$out/probe/.stamp"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
pack() { mksquashfs "$1" "$2" -quiet -no-progress -noappend -all-root -noI -noD -noF -noX >/dev/null; }

# socat, with its libraries beside it, runs wherever the folder is mounted.
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

root=$work/root
mkdir -p "$root"/{bin,dev,proc,sys,tmp,tools,mnt,lib/modules}
install -m 755 "$(readlink -f /bin/busybox)" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
install -m 755 "$here/init.sh" "$root/init"
modules=(virtio_mmio virtio_blk virtio_net virtio_balloon virtio-rng vmw_vsock_virtio_transport squashfs evdev button pvpanic-mmio)
add_kernel() { # name, folder
  local target=$work/media/kernels/$1 release
  release=$(tr '\0' '\n' <"$(find "$2/modules" -name virtio_mmio.ko)" | sed -n 's/^vermagic=\([^ ]*\) .*/\1/p')
  [ -n "$release" ] || fail "$2: expected a virtio_mmio.ko that names its kernel"
  mkdir -p "$target"
  install -m 644 "$2/vmlinuz" "$target/vmlinuz"
  "$guest/extract-vmlinux.sh" "$2/vmlinuz" "$target/vmlinux"
  echo "$release" >"$target/release"
  "$guest/stage-modules.sh" "$2" "$work/$1" "${modules[@]}" | sed "s|^/lib/modules/|&$release/|" >"$root/lib/modules/$release.list"
  mv "$work/$1/lib/modules" "$root/lib/modules/$release"
}
add_kernel debian "$debian"
add_kernel backports "$backports"
# Something that no compression or luck makes right, and the checksum of every file.
head -c 4M /dev/urandom >"$root/noise"
(cd "$root" && find . -type f ! -name checksums -exec md5sum {} + >checksums)
"$guest/pack-cpio.sh" "$root" >"$work/media/initramfs.cpio"
install -m 755 "$here/vm.sh" "$work/media/vm.sh"

"$here/../../virtual-device/stage-kernel.sh" "$backports" "$work/host"
mkdir -p "$out/probe/host"
"$guest/pack-cpio.sh" "$work/host" | gzip -n -1 >"$out/probe/host/modules.cpio.gz"
install -m 644 "$backports/vmlinuz" "$out/probe/host/vmlinuz"

pack "$work/media" "$out/probe/probe.squashfs.new"
mv "$out/probe/probe.squashfs.new" "$out/probe/probe.squashfs"
echo "$stamp" >"$out/probe/.stamp"
printf 'probe: kernels %s and %s, initramfs %d KiB, medium %d MiB\n' "$(cat "$debian/version")" "$(cat "$backports/version")" \
  "$(($(stat -c %s "$work/media/initramfs.cpio") >> 10))" "$(($(stat -c %s "$out/probe/probe.squashfs") >> 20))"

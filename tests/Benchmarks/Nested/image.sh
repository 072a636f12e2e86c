#!/usr/bin/env bash
# Makes the nested host in which VMMs are compared:
#   tests/Benchmarks/Nested/image.sh x86_64|aarch64 OUT NESTED_PROGRAM VMM
# writes OUT/vmlinuz (Debian's cloud kernel) and OUT/initramfs.cpio: KVM and tun modules, Debian's QEMU with its libraries and
# firmware (x86_64 alone), guest kernels, and the two programs. Everything but the programs is kept as OUT/base-HASH.cpio.
set -euo pipefail
fail() { printf 'microvm: %s\n' "$*" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
deploy=$here/../../../deploy/guest
arch=${1:?usage: image.sh x86_64|aarch64 OUT NESTED_PROGRAM VMM} out=${2:?} nested=${3:?} vmm=${4:?}
for file in "$nested" "$vmm"; do
  [ -x "$file" ] || fail "expected the program $file, found none"
done
mkdir -p "$out"
out=$(cd "$out" && pwd)
qemu=/usr/bin/qemu-system-x86_64

host_kernel=$("$deploy/fetch-kernel.sh" --arch "$arch")
guest_kernel=$("$deploy/kernel/build.sh" --arch "$arch")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

base=$out/base-$({
  echo "$host_kernel" "$guest_kernel"
  cat "$here/image.sh" "$deploy/stage-modules.sh" "$deploy/extract-vmlinux.sh" "$host_kernel/version"
  dpkg-query -W qemu-system-x86 seabios libc6
} | sha256sum | cut -c1-16).cpio
add_x86_64() { # root
  "$deploy/stage-modules.sh" "$host_kernel" "$1" irqbypass kvm kvm-amd tun vhost_vsock >"$1/etc/modules-load.list"
  install -D -m 755 "$qemu" "$1$qemu"
  ldd "$qemu" | sed -n 's|.*[[:space:]]\(/[^ ]*\) (0x.*|\1|p' | while read -r library; do
    install -D -m 755 "$(readlink -f "$library")" "$1$library"
  done
  for firmware in bios-microvm.bin linuxboot_dma.bin pvh.bin; do
    install -D -m 644 "$(readlink -f "/usr/share/qemu/$firmware")" "$1/usr/share/qemu/$firmware"
  done
  install -m 644 "$guest_kernel/vmlinux" "$guest_kernel/bzImage" "$1/guest/"
  install -m 644 "$host_kernel/vmlinuz" "$1/guest/debian-vmlinuz"
  "$deploy/extract-vmlinux.sh" "$host_kernel/vmlinuz" "$1/guest/debian-vmlinux"
}
add_aarch64() { # root; KVM is built in
  "$deploy/stage-modules.sh" "$host_kernel" "$1" tun >"$1/etc/modules-load.list"
  install -m 644 "$guest_kernel/Image" "$1/guest/"
}
make_base() {
  local root=$work/base
  mkdir -p "$root"/{bin,dev,proc,sys,tmp,etc,guest}
  "add_$arch" "$root"
  mkdir "$work/files"
  printf %s "written when the nested host was made" >"$work/files/text"
  mksquashfs "$work/files" "$root/guest/files.squashfs" -comp zstd -quiet -no-progress >/dev/null
  truncate -s 8M "$root/guest/files.ext4"
  mke2fs -q -t ext4 -d "$work/files" "$root/guest/files.ext4"
  rm -f "$out"/base-*.cpio
  "$deploy/pack-cpio.sh" "$root" >"$base.new"
  mv "$base.new" "$base"
}
[ -s "$base" ] || make_base

# What guests with a workload boot from: the program alone.
mkdir -p "$work/load"/{dev,proc,sys} "$work/top"/{bin,guest}
install -m 755 "$nested" "$work/load/init"
"$deploy/pack-cpio.sh" "$work/load" >"$work/top/guest/load.cpio"
install -m 755 "$nested" "$work/top/init"
install -m 755 "$vmm" "$work/top/bin/microvm-vmm"
"$deploy/pack-cpio.sh" "$work/top" >"$work/top.cpio"
# The kernel unpacks archives that lie one behind the other.
cat "$base" "$work/top.cpio" >"$out/initramfs.cpio.new"
mv "$out/initramfs.cpio.new" "$out/initramfs.cpio"
install -m 644 "$host_kernel/vmlinuz" "$out/vmlinuz"

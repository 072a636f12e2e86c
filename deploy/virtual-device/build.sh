#!/usr/bin/env bash
# Makes what the virtual device boots:
#   deploy/virtual-device/build.sh [--arch x86_64|aarch64] [OUT]     (default: x86_64; $MICROVM_OUT, else artifacts/release)
# takes OUT/{microvm-agent,libe_sqlite3.so,microvm-vmm,guest/} of that architecture and writes OUT/device/vmlinuz (Debian's cloud kernel) and
# OUT/device/initramfs.cpio.gz: busybox, modules, agent, VMM, guest kernel and guest initramfs.
set -euo pipefail
fail() { printf 'microvm: %s\n' "$*" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
guest=$here/../guest
arch=x86_64
if [ "${1:-}" = --arch ]; then
  arch=${2:?--arch: expected a value, found nothing}
  shift 2
fi
out=${1:-${MICROVM_OUT:-$here/../../artifacts/release}}
for file in microvm-agent libe_sqlite3.so microvm-vmm guest/vmlinuz guest/initramfs.cpio; do
  [ -f "$out/$file" ] || fail "expected the file $out/$file, found none"
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Programs and libraries of the device: this machine's own, or packages of the other architecture, unpacked.
case $arch in
  x86_64) triplet=x86_64-linux-gnu sysroot='' ;;
  aarch64)
    triplet=aarch64-linux-gnu sysroot=$work/sysroot
    for package in $("$here/../fetch-packages.sh" --arch arm64 busybox-static libc6 libssl3 \
      nftables libnftables1 libnftnl11 libmnl0 libjansson4 libgmp10 libedit2 libtinfo6 libbsd0 libmd0 libxtables12 \
      e2fsprogs libext2fs2 libcom-err2 libblkid1 libuuid1); do
      dpkg-deb -x "$package" "$sysroot"
    done
    ;;
  *) fail "--arch: expected x86_64 or aarch64, found '$arch'" ;;
esac
root=$work/root
mkdir -p "$root"/{bin,dev,proc,sys,run,tmp,root,etc/microvm,var/lib,usr/lib/device,usr/lib/microvm,"lib/$triplet"}

kernel=$("$guest/fetch-kernel.sh" --arch "$arch")
"$here/stage-kernel.sh" "$kernel" "$root"
install -m 755 "$sysroot/bin/busybox" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
install -m 755 "$here/init.sh" "$root/init"
install -m 755 "$here"/{agent-config,control,supervise,power-off}.sh "$root/usr/lib/device/"

install -m 755 "$out/microvm-agent" "$out/microvm-vmm" "$root/usr/lib/microvm/"
install -m 755 "$here/../systemd/microvm-launch.sh" "$root/usr/lib/microvm/microvm-launch"
install -m 644 "$out/libe_sqlite3.so" "$out/guest/vmlinuz" "$out/guest/initramfs.cpio" "$root/usr/lib/microvm/"

# Libraries and what they need, by name, from the folders that the loader searches by itself.
stage_library() { # name
  local from target=$root/lib/$triplet/$1
  [ ! -e "$target" ] || return 0
  for from in "$sysroot/lib/$triplet/$1" "$sysroot/usr/lib/$triplet/$1" ''; do
    [ ! -f "$from" ] || break
  done
  [ -n "$from" ] || fail "expected the library $1 for $arch in lib/$triplet or usr/lib/$triplet of $sysroot, found none"
  install -m 755 "$(readlink -f "$from")" "$target"
  stage_needed "$from"
}
stage_needed() { # file
  local library
  for library in $(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
    stage_library "$library"
  done
}
stage_needed "$out/microvm-agent"
stage_needed "$out/libe_sqlite3.so"
# What the agent runs: rules of networks, file systems of volumes.
mkdir -p "$root/usr/sbin"
for program in nft mke2fs resize2fs e2fsck; do
  for from in "$sysroot"/{usr/sbin,sbin}/$program ''; do
    [ ! -f "$from" ] || break
  done
  [ -n "$from" ] || fail "expected the program $program for $arch in sbin or usr/sbin of $sysroot, found none"
  install -m 755 "$from" "$root/usr/sbin/$program"
  stage_needed "$from"
done
ln -s mke2fs "$root/usr/sbin/mkfs.ext4"
install -m 644 "$sysroot/etc/mke2fs.conf" "$root/etc/mke2fs.conf"
# The agent opens the TLS library by name at run time.
stage_library libssl.so.3
loader=$(readelf -l "$out/microvm-agent" | sed -n 's/.*interpreter: \(.*\)\]/\1/p')
mkdir -p "$root${loader%/*}"
ln -s "/lib/$triplet/${loader##*/}" "$root$loader"

mkdir -p "$out/device"
"$guest/pack-cpio.sh" "$root" | gzip -n -1 >"$out/device/initramfs.cpio.gz.new"
mv "$out/device/initramfs.cpio.gz.new" "$out/device/initramfs.cpio.gz"
install -m 644 "$kernel/vmlinuz" "$out/device/vmlinuz"
printf 'device kernel %s, initramfs %d KiB\n' "$(cat "$kernel/version")" "$(($(stat -c %s "$out/device/initramfs.cpio.gz") >> 10))"

#!/usr/bin/env bash
# Makes what the virtual device boots:
#   deploy/virtual-device/build.sh [OUT]     (default: $MICROVM_OUT, else artifacts/release in the clone)
# takes OUT/{microvm-agent,libe_sqlite3.so,microvm-vmm,guest/} and writes OUT/device/vmlinuz (Debian's cloud kernel) and
# OUT/device/initramfs.cpio.gz: busybox, modules, agent, VMM, guest kernel and guest initramfs.
set -euo pipefail
fail() { printf 'microvm: %s\n' "$*" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
guest=$here/../guest
out=${1:-${MICROVM_OUT:-$here/../../artifacts/release}}
for file in microvm-agent libe_sqlite3.so microvm-vmm guest/vmlinuz guest/initramfs.cpio; do
  [ -f "$out/$file" ] || fail "expected the file $out/$file, found none"
done
[ -x /bin/busybox ] || fail "expected /bin/busybox of the package busybox-static, found none"

kernel=$("$guest/fetch-kernel.sh")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work"/{bin,dev,proc,sys,run,tmp,root,etc/microvm,var/lib,usr/lib/device,usr/lib/microvm,lib64}

"$here/stage-kernel.sh" "$kernel" "$work"
install -m 755 "$(readlink -f /bin/busybox)" "$work/bin/busybox"
ln -s busybox "$work/bin/sh"
install -m 755 "$here/init.sh" "$work/init"
install -m 755 "$here"/{control,supervise,power-off}.sh "$work/usr/lib/device/"

install -m 755 "$out/microvm-agent" "$out/microvm-vmm" "$work/usr/lib/microvm/"
install -m 644 "$out/libe_sqlite3.so" "$out/guest/vmlinuz" "$out/guest/initramfs.cpio" "$work/usr/lib/microvm/"
# The agent is linked with the C library and opens the TLS library by name at run time.
libraries() { { ldd "$1" 2>/dev/null || true; } | sed -n 's|.*[[:space:]]\(/[^ ]*\) (0x.*|\1|p'; }
tls=$(ldconfig -p | sed -n 's|.*libssl\.so\.3 .*=> ||p' | head -n 1)
[ -n "$tls" ] || fail "expected libssl.so.3 of the package libssl3, found none"
{ libraries "$out/microvm-agent"; libraries "$out/libe_sqlite3.so"; libraries "$tls"; echo "$tls"; } | sort -u |
  while read -r library; do
    install -D -m 755 "$(readlink -f "$library")" "$work$library"
  done

mkdir -p "$out/device"
"$guest/pack-cpio.sh" "$work" | gzip -n -1 >"$out/device/initramfs.cpio.gz.new"
mv "$out/device/initramfs.cpio.gz.new" "$out/device/initramfs.cpio.gz"
install -m 644 "$kernel/vmlinuz" "$out/device/vmlinuz"
printf 'device kernel %s, initramfs %d KiB\n' "$(cat "$kernel/version")" "$(($(stat -c %s "$out/device/initramfs.cpio.gz") >> 10))"

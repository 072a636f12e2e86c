#!/usr/bin/env bash
# Makes the medium from which a virtual device starts a guest of 32 MiB with the small kernel:
#   tests/Benchmarks/Workloads/media.sh OUT INIT
# writes OUT, a squashfs: vmlinux, init.squashfs and initramfs.cpio (INIT alone), workload.squashfs (busybox), bin/socat with its libraries.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
deploy=$here/../../../deploy
out=${1:?usage: media.sh OUT INIT} init=${2:?usage: media.sh OUT INIT}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work"/{init,workload/bin,media/bin,media/lib} "$work"/init/{dev,proc,sys,mnt/image,mnt/upper,mnt/root}
install -m 755 "$init" "$work/init/init"
mksquashfs "$work/init" "$work/media/init.squashfs" -comp gzip -b 16K -quiet -no-progress >/dev/null
"$deploy/guest/pack-cpio.sh" "$work/init" >"$work/media/initramfs.cpio"
install -m 755 "$(readlink -f "$(command -v busybox)")" "$work/workload/bin/busybox"
ln -s busybox "$work/workload/bin/sleep"
mksquashfs "$work/workload" "$work/media/workload.squashfs" -comp zstd -quiet -no-progress >/dev/null
install -m 644 "$("$deploy/guest/kernel/build.sh")/vmlinux" "$work/media/vmlinux"
# The device has no libraries but the agent's: socat brings its own, and their loader.
install -m 755 "$(command -v socat)" "$work/media/lib/socat"
ldd "$(command -v socat)" | grep -o '/lib[^ ]*' | while read -r library; do
  install -m 755 "$(readlink -f "$library")" "$work/media/lib/$(basename "$library")"
done
printf '#!/bin/sh\nexec /media/lib/ld-linux-x86-64.so.2 --library-path /media/lib /media/lib/socat "$@"\n' >"$work/media/bin/socat"
chmod 755 "$work/media/bin/socat"
rm -f "$out"
mksquashfs "$work/media" "$out" -comp zstd -quiet -no-progress >/dev/null

#!/usr/bin/env bash
# Packs a release of the agent for one architecture, as 'mvm agent releases push VERSION --arch ARCH=FILE' takes it:
#   deploy/pack-agent.sh [--with-kernel] FOLDER FILE
# FOLDER is what deploy/build.sh made (for aarch64 its folder aarch64). The guest kernel is large and seldom another one: it is in
# the release with --with-kernel, else devices go on with the one they were set up with. Equal files make equal releases.
set -euo pipefail
fail() { printf 'microvm: %s\n' "$*" >&2; exit 2; }
kernel=no
if [ "${1:-}" = --with-kernel ]; then
  kernel=yes
  shift
fi
[ $# = 2 ] || fail "usage: deploy/pack-agent.sh [--with-kernel] FOLDER FILE"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
files=(microvm-agent microvm-vmm libe_sqlite3.so guest/initramfs.cpio)
[ $kernel = no ] || files+=(guest/vmlinuz)
for file in "${files[@]}"; do
  [ -f "$1/$file" ] || fail "expected the file $1/$file, found none"
  install -m "$([ -x "$1/$file" ] && echo 755 || echo 644)" "$1/$file" "$work/${file##*/}"
done
names=("${files[@]##*/}")
tar --format=ustar --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$work" -cf - "${names[@]}" | gzip -n -9 >"$2.new"
mv "$2.new" "$2"
printf '%s: %d KiB, sha256 %s\n' "$2" "$(($(stat -c %s "$2") >> 10))" "$(sha256sum "$2" | cut -c1-64)"

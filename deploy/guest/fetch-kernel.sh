#!/usr/bin/env bash
# Fetches Debian's cloud kernel (package linux-image-cloud-amd64) and prints the folder that it was unpacked into:
#   deploy/guest/fetch-kernel.sh [--refresh]
#   FOLDER/vmlinuz  FOLDER/modules/ (the tree of lib/modules/VERSION/kernel)  FOLDER/version
# The package is unpacked, never installed. It is kept in $MICROVM_CACHE (default ~/.cache/microvm) and used again without
# the network; --refresh looks for a newer one.
set -euo pipefail
fail() { printf 'microvm: %s\n' "$*" >&2; exit 1; }

meta=linux-image-cloud-amd64
cache=${MICROVM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/microvm}/kernel
if [ "${1:-}" != --refresh ] && [ -s "$cache/current/version" ]; then
  readlink -f "$cache/current"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
download() {
  package=$(apt-cache depends --important "$meta" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1)
  [ -n "$package" ] && (cd "$work" && apt-get download -q "$package" >log 2>&1)
}
# Package lists may be absent (a fresh container) or older than what the mirror has.
download || {
  apt-get update -q >"$work/log" 2>&1 && download || {
    tail -n 3 "$work/log" >&2
    fail "expected to download the package behind $meta with apt-get, it failed (its last lines are above)"
  }
}
deb=$(ls "$work"/*.deb)
dpkg-deb -x "$deb" "$work/root"
version=$(dpkg-deb -f "$deb" Version)
folder=$cache/$version
mkdir -p "$cache"
new=$(mktemp -d "$cache/.new-XXXXXX")
mv "$work"/root/boot/vmlinuz-* "$new/vmlinuz"
mv "$work"/root/lib/modules/*/kernel "$new/modules"
echo "$version" >"$new/version"
chmod 755 "$new"
rm -rf "$folder"
mv -T "$new" "$folder"
ln -sfn "$version" "$cache/current"
readlink -f "$cache/current"

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

package_of() { apt-cache depends --important "$meta" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1; }
package=$(package_of)
if [ -z "$package" ]; then
  apt-get update -q >&2 || fail "expected apt-get update to reach a Debian mirror, it failed (its output is above)"
  package=$(package_of)
fi
[ -n "$package" ] || fail "expected a package $meta in the sources of apt, found none"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
(cd "$work" && apt-get download -q "$package" >log 2>&1) || {
  tail -n 3 "$work/log" >&2
  fail "expected apt-get to download $package, it failed (its last lines are above)"
}
deb=$(ls "$work"/*.deb)
dpkg-deb -x "$deb" "$work/root"
version=$(dpkg-deb -f "$deb" Version)
folder=$cache/$version
rm -rf "$folder.new" "$folder"
mkdir -p "$folder.new"
mv "$work"/root/boot/vmlinuz-* "$folder.new/vmlinuz"
mv "$work"/root/lib/modules/*/kernel "$folder.new/modules"
echo "$version" >"$folder.new/version"
mv "$folder.new" "$folder"
ln -sfn "$version" "$cache/current"
readlink -f "$cache/current"

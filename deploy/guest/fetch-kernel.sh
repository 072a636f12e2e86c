#!/usr/bin/env bash
# Fetches a kernel of Debian's cloud flavour and prints the folder that it was unpacked into:
#   deploy/guest/fetch-kernel.sh [--arch x86_64|aarch64] [--refresh] [--backports]
#   FOLDER/vmlinuz  FOLDER/modules/ (the tree of lib/modules/VERSION/kernel, not compressed)  FOLDER/version
# x86_64: vmlinuz is a bzImage. aarch64: vmlinuz is the flat Image that the VMM boots; Debian's is that already, one that is
# packed (gzip, or EFI's zboot) is unpacked here.
# Debian's own kernel, or with --backports the newest that the release's backports offer. The package is unpacked, never
# installed (see deploy/fetch-packages.sh). The folder is kept in $MICROVM_CACHE (default ~/.cache/microvm) and used again
# without the network; --refresh looks for a newer one.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fail() { printf 'microvm: %s\n' "$*" >&2; exit 1; }

arch=x86_64 refresh=no link=current fetch=()
while [ $# -gt 0 ]; do
  case $1 in
    --arch) arch=${2:?--arch: expected a value, found nothing}; shift ;;
    --refresh) refresh=yes fetch+=(--refresh) ;;
    --backports) link=backports fetch+=(--backports) ;;
    *) fail "unknown option '$1'; expected --arch, --refresh or --backports" ;;
  esac
  shift
done
cache=${MICROVM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/microvm}/kernel
case $arch in
  x86_64) fetch+=(--arch amd64) meta=linux-image-cloud-amd64 ;;
  aarch64) fetch+=(--arch arm64) meta=linux-image-cloud-arm64 cache=$cache-aarch64 ;;
  *) fail "--arch: expected x86_64 or aarch64, found '$arch'" ;;
esac
if [ "$refresh" = no ] && [ -s "$cache/$link/version" ]; then
  readlink -f "$cache/$link"
  exit 0
fi

# A flat Image: "ARM\x64" at 56 (Documentation/arm64/booting.rst). EFI's zboot: "MZ", "zimg" at 4, then offset, size and the name
# of the packer (drivers/firmware/efi/libstub/zboot-header.S).
bytes() { od -An -v -tx1 -j "$1" -N "$2" "$3" | tr -d ' \n'; } # offset, count, file
number() { od -An -v -tu4 --endian=little -j "$1" -N 4 "$2" | tr -d ' \n'; }
unpack_image() { # file
  local from length packer
  if [ "$(bytes 4 4 "$1")" = 7a696d67 ]; then
    from=$(number 8 "$1") length=$(number 12 "$1")
    packer=$(dd if="$1" bs=1 skip=24 count=8 status=none | tr -d '\0')
    case $packer in gzip | xz | zstd) ;; *) fail "$1: expected a kernel packed with gzip, xz or zstd, found '$packer'" ;; esac
    # The size of the unpacked kernel may follow the data, which is no fault here: the magic below is looked at.
    dd if="$1" iflag=skip_bytes,count_bytes skip="$from" count="$length" bs=1M status=none | "$packer" -dc >"$1.flat" 2>/dev/null || true
    mv "$1.flat" "$1"
  elif [ "$(bytes 0 2 "$1")" = 1f8b ]; then
    gzip -dc <"$1" >"$1.flat"
    mv "$1.flat" "$1"
  fi
  [ "$(bytes 56 4 "$1")" = 41524d64 ] || fail "$1: expected an arm64 Image, found the bytes $(bytes 56 4 "$1") at 56"
}

meta_deb=$("$here/../fetch-packages.sh" "${fetch[@]}" "$meta")
package=$(dpkg-deb -f "$meta_deb" Depends | tr ',' '\n' | sed -n 's/^ *\(linux-image-[^ ]*\).*/\1/p' | head -n 1)
[ -n "$package" ] || fail "$meta_deb: expected a package that depends on linux-image-…, found none"
deb=$("$here/../fetch-packages.sh" "${fetch[@]}" "$package")
version=$(dpkg-deb -f "$deb" Version)
folder=$cache/$version
mkdir -p "$cache"
new=$(mktemp -d "$cache/.new-XXXXXX")
trap 'rm -rf "$new"' EXIT
dpkg-deb -x "$deb" "$new/root"
mv "$new"/root/boot/vmlinuz-* "$new/vmlinuz"
mv "$new"/root/lib/modules/*/kernel "$new/modules"
rm -rf "$new/root"
find "$new/modules" -name '*.ko.xz' -exec xz -d -T 0 {} +
[ "$arch" != aarch64 ] || unpack_image "$new/vmlinuz"
echo "$version" >"$new/version"
chmod 755 "$new"
rm -rf "$folder"
mv -T "$new" "$folder"
ln -sfn "$version" "$cache/$link"
# What is unpacked need not be kept twice; the other one says which kernel is the newest, and would be out of date some day.
rm -f "$deb" "$meta_deb"
readlink -f "$cache/$link"

#!/usr/bin/env bash
# Takes the ELF kernel out of a bzImage:
#   deploy/guest/extract-vmlinux.sh VMLINUZ VMLINUX
# The setup header (Documentation/arch/x86/boot.rst) says where the compressed payload is; its first bytes say how it was
# compressed, its last four are its size when unpacked.
set -euo pipefail
fail() { printf 'microvm: %s\n' "$*" >&2; exit 1; }

image=${1:?usage: extract-vmlinux.sh VMLINUZ VMLINUX}
target=${2:?usage: extract-vmlinux.sh VMLINUZ VMLINUX}
bytes() { od -An -v -tx1 -j "$1" -N "$2" "$3" | tr -d ' \n'; } # offset, count, file
number() { od -An -v -tu"$2" --endian=little -j "$1" -N "$2" "$3" | tr -d ' \n'; }
size=$(stat -c %s "$image")
[ "$size" -gt 1024 ] && [ "$(bytes $((0x202)) 4 "$image")" = 48647253 ] || fail "$image: expected a bzImage with the setup header's HdrS, found none"
[ "$(number $((0x206)) 2 "$image")" -ge $((0x208)) ] || fail "$image: expected boot protocol 2.08 or later"

setup_sectors=$(number $((0x1f1)) 1 "$image")
[ "$setup_sectors" -gt 0 ] || setup_sectors=4
from=$((((setup_sectors + 1) << 9) + $(number $((0x248)) 4 "$image")))
length=$(number $((0x24c)) 4 "$image")
[ "$length" -gt 16 ] && [ $((from + length)) -le "$size" ] || fail "$image: the payload of $length bytes at $from is not in the file's $size bytes"
magic=$(bytes "$from" 4 "$image")
unpacked=$(number $((from + length - 4)) 4 "$image")
case $magic in
  1f8b*) packer=(gzip -dc); trailer=0 ;; # its own trailer is the size already
  fd377a58) packer=(xz -dc); trailer=4 ;;
  28b52ffd) packer=(zstd -dcq); trailer=4 ;;
  02214c18) packer=(lz4 -dcq); trailer=4 ;;
  *) fail "$image: expected a payload packed with gzip, xz, zstd or lz4, found the bytes $magic" ;;
esac
# dd counts in bytes here and moves whole blocks.
dd if="$image" iflag=skip_bytes,count_bytes skip="$from" count=$((length - trailer)) bs=1M status=none | "${packer[@]}" >"$target.new"
[ "$(stat -c %s "$target.new")" = "$unpacked" ] || fail "$image: expected a kernel of $unpacked bytes, found $(stat -c %s "$target.new")"
[ "$(bytes 0 4 "$target.new")" = 7f454c46 ] || fail "$image: expected an ELF kernel as payload, found the bytes $(bytes 0 4 "$target.new")"
mv "$target.new" "$target"

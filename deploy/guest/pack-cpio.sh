#!/usr/bin/env bash
# Packs a folder as an initramfs (cpio, newc) whose bytes depend on nothing but names, modes and contents:
#   deploy/guest/pack-cpio.sh ROOT >initramfs.cpio
set -euo pipefail
cd "${1:?usage: pack-cpio.sh ROOT}"
find . -mindepth 1 -exec touch -h -d @0 {} +
find . -mindepth 1 -printf '%P\0' | LC_ALL=C sort -z | cpio --null --quiet -o -H newc --reproducible --owner=0:0

#!/usr/bin/env bash
# Copies kernel modules and what they depend on into a root folder, and prints their paths there, dependencies first:
#   deploy/guest/stage-modules.sh KERNEL_FOLDER ROOT MODULE...
# Module names may be written with - or _. Dependencies are read from the modules themselves, so kmod is not needed.
set -euo pipefail
fail() { printf 'microvm: %s\n' "$*" >&2; exit 1; }

kernel=${1:?usage: stage-modules.sh KERNEL_FOLDER ROOT MODULE...}
root=${2:?usage: stage-modules.sh KERNEL_FOLDER ROOT MODULE...}
shift 2

declare -A path_of=() staged=()
while IFS= read -r -d '' file; do
  name=${file##*/}
  path_of[${name%.ko}]=$file
  name=${name//-/_}
  path_of[${name%.ko}]=$file
done < <(find "$kernel/modules" -name '*.ko' -print0)

mkdir -p "$root/lib/modules"
stage() {
  local name=${1//-/_} file dependency
  [ -z "${staged[$name]:-}" ] || return 0
  staged[$name]=1
  file=${path_of[$name]:-}
  [ -n "$file" ] || fail "kernel module $name: expected it under $kernel/modules, found none"
  for dependency in $(tr '\0' '\n' <"$file" | sed -n 's/^depends=//p' | tr ',' ' '); do
    stage "$dependency"
  done
  install -m 644 "$file" "$root/lib/modules/$name.ko"
  echo "/lib/modules/$name.ko"
}
for module in "$@"; do
  stage "$module"
done

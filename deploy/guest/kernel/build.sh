#!/usr/bin/env bash
# Builds the small guest kernel from Debian's package linux-source-6.1 and the fragments beside this script:
#   deploy/guest/kernel/build.sh [--arch x86_64|aarch64] [OUT]
# Prints the folder that has the kernel (x86_64: vmlinux, an ELF file, stripped, and bzImage; aarch64: Image, cross-built),
# config and version; with OUT they are copied there.
# It is kept in $MICROVM_CACHE (default ~/.cache/microvm) under a hash of source version, compiler, fragments and this script,
# and used again as long as none of them changes. The first build takes 3 to 6 minutes on two cores; $JOBS says how many run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fail() { printf 'microvm: %s\n' "$*" >&2; exit 1; }

arch=x86_64 out=''
while [ $# -gt 0 ]; do
  case $1 in
    --arch) arch=${2:?--arch: expected a value, found nothing}; shift 2 ;;
    -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) fail "unknown option '$1'; see --help" ;;
    *) out=$1; shift ;;
  esac
done
case $arch in
  x86_64) kernel_arch=x86_64 prefix='' images=(vmlinux arch/x86/boot/bzImage) ;;
  aarch64) kernel_arch=arm64 prefix=aarch64-linux-gnu- images=(arch/arm64/boot/Image) ;;
  *) fail "--arch: expected x86_64 or aarch64, found '$arch'" ;;
esac

package=linux-source-6.1
archive=/usr/src/$package.tar.xz
[ -s "$archive" ] || fail "expected $archive of the package $package, found none; run deploy/prerequisites.sh bench"
for tool in gcc "${prefix}gcc" make flex bison bc xz strip; do
  command -v "$tool" >/dev/null || fail "expected the command $tool, found none; run deploy/prerequisites.sh bench"
done
version=$(dpkg-query -W -f='${Version}' "$package")
fragments=("$here/common.config" "$here/$arch.config")
hash=$({ echo "$version" "$("${prefix}gcc" -dumpfullversion)"; cat "${fragments[@]}" "$here/build.sh"; } | sha256sum | cut -c1-16)
cache=${MICROVM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/microvm}/guest-kernel
folder=$cache/$arch-$version-$hash

# Every option asked for must be in the result: Kconfig drops what lacks a dependency without a word.
check_options() { # config
  local line lost=0
  while IFS= read -r line; do
    case $line in '' | '#'*) continue ;; esac
    grep -qxF -- "$line" "$1" || { printf 'microvm: kernel option %s did not survive\n' "$line" >&2; lost=1; }
  done < <(cat "${fragments[@]}")
  [ "$lost" = 0 ] || fail "expected every option of ${fragments[*]} in the kernel's configuration"
}

# Constants that no option sets. Memory is described in sections of 32 MiB instead of 128, because the table of each is allocated
# whole. Entry code and what encrypted guests share do not each lie alone on pages of 2 MiB: neither page table isolation nor
# encryption is built. Of the first MiB, which firmware uses after the boot and microVMs have none, 64 KiB stay untouched.
edit() { # file, from, to
  grep -qF -- "$2" "$1" || fail "$1: expected '$2', found none"
  sed -i "s|$2|$3|" "$1"
}
edit_source() { # source folder
  [ "$arch" = x86_64 ] || return 0
  edit "$1/arch/x86/include/asm/sparsemem.h" 'SECTION_SIZE_BITS	27' 'SECTION_SIZE_BITS	25'
  edit "$1/arch/x86/kernel/vmlinux.lds.S" '= ALIGN(PMD_SIZE);' '= ALIGN(PAGE_SIZE);'
  edit "$1/arch/x86/realmode/init.c" 'memblock_reserve(0, SZ_1M)' 'memblock_reserve(0, SZ_64K)'
}

build() {
  local work=$1 log=$1/build.log
  mkdir "$work/source"
  tar -xJf "$archive" -C "$work/source" --strip-components=1 \
    --exclude='*/Documentation/[a-jl-z]*' --exclude='*/tools/testing' --exclude='*/drivers/gpu/drm/amd/include'
  edit_source "$work/source"
  cat "${fragments[@]}" >"$work/fragments"
  local make=(make -C "$work/source" ARCH="$kernel_arch" CROSS_COMPILE="$prefix" KBUILD_BUILD_USER=microvm KBUILD_BUILD_HOST=microvm
    KBUILD_BUILD_VERSION=1 "KBUILD_BUILD_TIMESTAMP=$version")
  "${make[@]}" KCONFIG_ALLCONFIG="$work/fragments" allnoconfig >"$log" 2>&1 || { tail -n 20 "$log" >&2; fail "the kernel cannot be configured"; }
  check_options "$work/source/.config"
  "${make[@]}" -j"${JOBS:-$(nproc)}" "${images[@]##*/}" >>"$log" 2>&1 || {
    tail -n 30 "$log" >&2
    fail "the kernel cannot be built"
  }
  mkdir "$work/result"
  for image in "${images[@]}"; do
    install -m 644 "$work/source/$image" "$work/result/${image##*/}"
  done
  [ ! -f "$work/result/vmlinux" ] || strip "$work/result/vmlinux"
  install -m 644 "$work/source/.config" "$work/result/config"
  echo "$version" >"$work/result/version"
}

mkdir -p "$cache"
# One builder at a time; who waited finds the result.
exec 9>"$cache/.lock"
flock 9
if [ ! -s "$folder/version" ]; then
  printf 'building the guest kernel for %s from %s %s, once\n' "$arch" "$package" "$version" >&2
  work=$(mktemp -d "$cache/.new-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  build "$work"
  chmod 755 "$work/result"
  rm -rf "$folder"
  mv -T "$work/result" "$folder"
fi
if [ -n "$out" ]; then
  mkdir -p "$out"
  install -m 644 "$folder"/* "$out/"
fi
echo "$folder"

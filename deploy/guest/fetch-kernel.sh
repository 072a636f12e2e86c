#!/usr/bin/env bash
# Fetches a kernel of Debian's cloud flavour (package linux-image-cloud-amd64) and prints the folder that it was unpacked into:
#   deploy/guest/fetch-kernel.sh [--refresh] [--backports]
#   FOLDER/vmlinuz  FOLDER/modules/ (the tree of lib/modules/VERSION/kernel, not compressed)  FOLDER/version
# Debian's own kernel, or with --backports the newest that the release's backports offer: they come from the mirror that apt
# uses already, through a private apt configuration; the machine's own is left alone.
# The package is unpacked, never installed. It is kept in $MICROVM_CACHE (default ~/.cache/microvm) and used again without
# the network; --refresh looks for a newer one.
set -euo pipefail
fail() { printf 'microvm: %s\n' "$*" >&2; exit 1; }

meta=linux-image-cloud-amd64
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
refresh=no link=current
for option in "$@"; do
  case $option in
    --refresh) refresh=yes ;;
    --backports) link=backports ;;
    *) fail "unknown option '$option'; expected --refresh or --backports" ;;
  esac
done
cache=${MICROVM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/microvm}/kernel
if [ "$refresh" = no ] && [ -s "$cache/$link/version" ]; then
  readlink -f "$cache/$link"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
apt=()
# A sources list of one line: this machine's mirror of the release, with the suite of its backports.
use_backports() {
  local codename mirror
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  mirror=$(apt-get indextargets --no-release-info --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk -v release="$codename" '$1 == release && $2 == "main" { print $3; exit }')
  [ -n "$codename" ] && [ -n "$mirror" ] || fail "expected apt's sources to have Debian's release '$codename', component main; found none"
  [ -f "$keyring" ] || fail "expected $keyring of the package debian-archive-keyring, found none"
  mkdir -p "$work"/apt/{lists,archives}/partial "$work/apt/empty"
  echo "deb [signed-by=$keyring] $mirror $codename-backports main" >"$work/apt/sources.list"
  apt=(-o "Dir::Etc::sourcelist=$work/apt/sources.list" -o "Dir::Etc::sourceparts=$work/apt/empty"
    -o "Dir::Etc::preferences=$work/apt/none" -o "Dir::Etc::preferencesparts=$work/apt/empty"
    -o "Dir::State::lists=$work/apt/lists" -o "Dir::Cache=$work/apt" -o APT::Sandbox::User=root)
}
download() {
  package=$(apt-cache "${apt[@]}" depends --important "$meta" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1)
  [ -n "$package" ] && (cd "$work" && apt-get "${apt[@]}" download -q "$package" >log 2>&1)
}
[ "$link" = current ] || use_backports
# Package lists may be absent (a fresh container, a private configuration) or older than what the mirror has.
download || {
  apt-get "${apt[@]}" update -q >"$work/log" 2>&1 && download || {
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
find "$new/modules" -name '*.ko.xz' -exec xz -d -T 0 {} +
echo "$version" >"$new/version"
chmod 755 "$new"
rm -rf "$folder"
mv -T "$new" "$folder"
ln -sfn "$version" "$cache/$link"
readlink -f "$cache/$link"

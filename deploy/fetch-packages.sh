#!/usr/bin/env bash
# Downloads Debian packages of any architecture, installs nothing, and prints the path of each .deb, one a line:
#   deploy/fetch-packages.sh [--arch amd64|arm64] [--backports] [--refresh] PACKAGE...
#   --arch       default: this machine's
#   --backports  from the backports of this machine's release
#   --refresh    looks for newer versions; without it what is there is used again, without the network
# They are kept in $MICROVM_CACHE (default ~/.cache/microvm). Where the machine's own package lists do not have what is wanted
# (another architecture, backports), the machine's mirrors are asked through a private apt configuration; its own is left alone.
set -euo pipefail
fail() { printf 'microvm: %s\n' "$*" >&2; exit 1; }

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
machine=$(dpkg --print-architecture)
arch=$machine backports=no refresh=no packages=()
while [ $# -gt 0 ]; do
  case $1 in
    --arch) arch=${2:?--arch: expected a value, found nothing}; shift ;;
    --backports) backports=yes ;;
    --refresh) refresh=yes ;;
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) fail "unknown option '$1'; see --help" ;;
    *) packages+=("$1") ;;
  esac
  shift
done
case $arch in amd64 | arm64) ;; *) fail "--arch: expected amd64 or arm64, found '$arch'" ;; esac
[ ${#packages[@]} -gt 0 ] || fail "expected names of packages, found none"

cache=${MICROVM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/microvm}/packages/$arch
[ "$backports" = no ] || cache=$cache-backports
mkdir -p "$cache"
# One at a time: who waited finds the packages.
exec 9>"$cache/.lock"
flock 9
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

apt=()
# A sources list of this machine's Debian mirrors, or of their backports, for the one architecture.
use_private_apt() {
  local codename sources=$cache/apt/sources.list
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  [ -f "$keyring" ] || fail "expected $keyring of the package debian-archive-keyring, found none"
  mkdir -p "$cache"/apt/{lists,archives}/partial "$cache/apt/empty"
  apt-get indextargets --no-release-info --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' | sort -u |
    awk -v codename="$codename" -v keyring="$keyring" -v backports="$backports" '
      $2 != "main" || index($1, codename) != 1 { next }
      backports == "no" && $1 !~ /backports/ || $1 == codename {
        print "deb [signed-by=" keyring "]", $3, backports == "yes" ? codename "-backports" : $1, "main" }' >"$sources"
  [ -n "$codename" ] && [ -s "$sources" ] ||
    fail "expected apt's sources to have Debian's release '$codename', component main; found none"
  : >"$cache/apt/status"
  apt=(-o "APT::Architecture=$arch" -o "APT::Architectures::=$arch" -o "Dir::Etc::sourcelist=$sources"
    -o "Dir::Etc::sourceparts=$cache/apt/empty" -o "Dir::Etc::preferences=$cache/apt/none"
    -o "Dir::Etc::preferencesparts=$cache/apt/empty" -o "Dir::State::status=$cache/apt/status"
    -o "Dir::State::lists=$cache/apt/lists" -o "Dir::Cache=$cache/apt" -o APT::Sandbox::User=root)
}
download() { (cd "$work" && apt-get "${apt[@]}" download -q "$@" >log 2>&1); }

wanted=()
for package in "${packages[@]}"; do
  [ "$refresh" = no ] && [ -s "$cache/$package.deb" ] || wanted+=("$package")
done
if [ ${#wanted[@]} -gt 0 ]; then
  [ "$arch" = "$machine" ] && [ "$backports" = no ] || use_private_apt
  # Package lists may be absent (a fresh container, a private configuration) or older than what the mirror has.
  { [ "$refresh" = no ] && download "${wanted[@]}"; } || {
    apt-get "${apt[@]}" update -q >"$work/log" 2>&1 && download "${wanted[@]}"
  } || {
    tail -n 3 "$work/log" >&2
    fail "expected to download ${wanted[*]} for $arch with apt-get, it failed (its last lines are above)"
  }
  for package in "${wanted[@]}"; do
    mv "$work/${package}"_*.deb "$cache/$package.deb"
  done
fi
printf '%s\n' "${packages[@]/#/$cache/}" | sed 's/$/.deb/'

#!/usr/bin/env bash
# Makes the sample workload as an OCI image layout, with umoci and Debian's busybox-static:
#   deploy/samples/hello/build-image.sh OUTDIR      (replaced when it is there)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: deploy/samples/hello/build-image.sh OUTDIR}
for tool in umoci busybox; do
  command -v "$tool" >/dev/null || { echo "microvm: expected the program $tool, found none" >&2; exit 1; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umoci init --layout "$work/layout"
umoci new --image "$work/layout:latest"
umoci unpack --image "$work/layout:latest" "$work/bundle"
rootfs=$work/bundle/rootfs
mkdir -p "$rootfs/bin" "$rootfs/etc" "$rootfs/tmp"
install -m 755 "$(readlink -f "$(command -v busybox)")" "$rootfs/bin/busybox"
for applet in sh awk cat cut hostname ls ps sleep uname; do ln -s busybox "$rootfs/bin/$applet"; done
install -m 755 "$here/workload.sh" "$rootfs/bin/hello"
echo 'root:x:0:0:root:/:/bin/sh' >"$rootfs/etc/passwd"
echo 'workload:x:1000:1000:workload:/tmp:/bin/sh' >>"$rootfs/etc/passwd"
# One date for every file, so that the same inputs give the same image.
find "$rootfs" -exec touch -h -d @0 {} +
umoci repack --history.created 1970-01-01T00:00:00Z --image "$work/layout:latest" "$work/bundle"
umoci config --history.created 1970-01-01T00:00:00Z --image "$work/layout:latest" --created 1970-01-01T00:00:00Z --architecture amd64 --os linux \
  --config.cmd /bin/hello --config.env PATH=/bin --config.user workload --config.workingdir /tmp
umoci gc --layout "$work/layout"
rm -rf "$out"
mkdir -p "$(dirname "$out")"
cp -r "$work/layout" "$out"

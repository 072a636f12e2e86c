#!/usr/bin/env bash
# Makes the sample workload as an OCI image layout for x86_64 and aarch64, with umoci and Debian's busybox-static of either:
#   deploy/samples/hello/build-image.sh OUTDIR      (replaced when it is there)
# The layout's tag "latest" is an image index with a manifest for linux/amd64 and one for linux/arm64, as docker buildx makes them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: deploy/samples/hello/build-image.sh OUTDIR}
for tool in umoci busybox jq; do
  command -v "$tool" >/dev/null || { echo "microvm: expected the program $tool, found none" >&2; exit 1; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
layout=$work/layout
epoch=1970-01-01T00:00:00Z
umoci init --layout "$layout"
make_image() { # architecture as OCI and Debian call it, busybox
  local image=$layout:$1 bundle=$work/bundle-$1
  local rootfs=$bundle/rootfs
  umoci new --image "$image"
  umoci unpack --image "$image" "$bundle"
  mkdir -p "$rootfs/bin" "$rootfs/etc" "$rootfs/tmp"
  install -m 755 "$2" "$rootfs/bin/busybox"
  # What this machine's busybox can do; the other architecture's is the same version.
  for applet in $(busybox --list); do [ "$applet" = busybox ] || ln -s busybox "$rootfs/bin/$applet"; done
  install -m 755 "$here/workload.sh" "$rootfs/bin/hello"
  echo 'root:x:0:0:root:/:/bin/sh' >"$rootfs/etc/passwd"
  echo 'workload:x:1000:1000:workload:/tmp:/bin/sh' >>"$rootfs/etc/passwd"
  # One date for every file, so that the same inputs give the same image.
  find "$rootfs" -exec touch -h -d @0 {} +
  umoci repack --history.created "$epoch" --image "$image" "$bundle"
  umoci config --history.created "$epoch" --image "$image" --created "$epoch" --architecture "$1" --os linux \
    --config.cmd /bin/hello --config.env PATH=/bin --config.user workload --config.workingdir /tmp
}
make_image amd64 "$(readlink -f "$(command -v busybox)")"
dpkg-deb -x "$("$here/../../fetch-packages.sh" --arch arm64 busybox-static)" "$work/arm64"
make_image arm64 "$work/arm64/bin/busybox"
umoci gc --layout "$layout"

# umoci knows no indexes: the two tags become one index, which takes their place.
jq -cj '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json",
  manifests: [.manifests | sort_by(.annotations["org.opencontainers.image.ref.name"])[] | {mediaType, digest, size, platform: {architecture: .annotations["org.opencontainers.image.ref.name"], os: "linux"}}]}' \
  "$layout/index.json" >"$work/index"
digest=$(sha256sum "$work/index" | cut -c1-64)
install -m 644 "$work/index" "$layout/blobs/sha256/$digest"
jq -cn --arg digest "sha256:$digest" --argjson size "$(stat -c %s "$work/index")" '{schemaVersion: 2,
  manifests: [{mediaType: "application/vnd.oci.image.index.v1+json", $digest, $size, annotations: {"org.opencontainers.image.ref.name": "latest"}}]}' \
  >"$layout/index.json"
rm -rf "$out"
mkdir -p "$(dirname "$out")"
cp -r "$layout" "$out"

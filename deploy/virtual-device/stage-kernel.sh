#!/usr/bin/env bash
# Stages the modules that a device needs of one kernel into a root folder, with the list that init.sh loads:
#   deploy/virtual-device/stage-kernel.sh KERNEL_FOLDER ROOT
set -euo pipefail
kernel=${1:?usage: stage-kernel.sh KERNEL_FOLDER ROOT}
root=${2:?usage: stage-kernel.sh KERNEL_FOLDER ROOT}
mkdir -p "$root/etc"
find_module() { find "$kernel/modules" -name "$1.ko"; }
modules=(squashfs tun evdev button irqbypass kvm)
# Newer kernels have these built in.
for module in virtio_net virtio_blk virtio_pci; do
  [ -z "$(find_module "$module")" ] || modules=("$module" "${modules[@]}")
done
"$(dirname "$0")/../guest/stage-modules.sh" "$kernel" "$root" "${modules[@]}" >"$root/etc/modules-load.list"
# Staged but not listed: init loads the one that fits.
for module in kvm-amd kvm-intel; do
  install -m 644 "$(find_module "$module")" "$root/lib/modules/${module//-/_}.ko"
done

#!/usr/bin/env bash
# Stages the modules that a device needs of one kernel into a root folder, with the list that init.sh loads:
#   deploy/virtual-device/stage-kernel.sh KERNEL_FOLDER ROOT
set -euo pipefail
kernel=${1:?usage: stage-kernel.sh KERNEL_FOLDER ROOT}
root=${2:?usage: stage-kernel.sh KERNEL_FOLDER ROOT}
mkdir -p "$root/etc"
find_module() { find "$kernel/modules" -name "$1.ko"; }
modules=(squashfs tun evdev)
# Networks of VMs: the bridge, and every expression of the agent's rules. The device has no modprobe that the kernel could ask for them.
modules+=(bridge nf_tables nft_chain_nat nft_ct nft_fib_inet nft_masq nft_meta_bridge nft_nat nft_reject_inet)
# Not every kernel has all of these as modules. irqbypass, kvm: built in on aarch64; button: ACPI, built in there;
# virtio_input: the aarch64 device's power button; virtio_*: built into newer kernels.
for module in virtio_pci virtio_blk virtio_net virtio_input button irqbypass kvm; do
  [ -z "$(find_module "$module")" ] || modules+=("$module")
done
"$(dirname "$0")/../guest/stage-modules.sh" "$kernel" "$root" "${modules[@]}" >"$root/etc/modules-load.list"
# Staged but not listed: init loads the one that fits.
for module in kvm-amd kvm-intel; do
  file=$(find_module "$module")
  [ -z "$file" ] || install -m 644 "$file" "$root/lib/modules/${module//-/_}.ko"
done

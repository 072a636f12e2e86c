#!/bin/busybox sh
# Process 1 until the root file system is there: loads its drivers, mounts it, and becomes systemd.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
while read -r module; do
  insmod "$module" || echo "device: module $module does not load" >/dev/console
done </etc/modules-load.list
mount -t ext4 /dev/vdb /root || {
  echo "device: the root file system cannot be mounted" >/dev/console
  exec poweroff -f
}
# What a device has of its own from the day it was set up.
[ -s /root/etc/machine-id ] || tr -d - </proc/sys/kernel/random/uuid >/root/etc/machine-id
sed -n 's/.*\bmvm\.id=\([^ ]*\).*/\1/p' /proc/cmdline >/root/etc/hostname
umount /proc /sys
mount --move /dev /root/dev
exec switch_root /root /lib/systemd/systemd

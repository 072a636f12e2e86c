#!/usr/bin/env bash
# Makes what the virtual device with systemd boots, x86_64:
#   deploy/virtual-device/systemd/build.sh [OUT]     (default: $MICROVM_OUT, else artifacts/release)
# takes OUT/{microvm-agent,libe_sqlite3.so,microvm-vmm,guest/} and writes OUT/device-systemd/initramfs.cpio.gz, which finds the root
# file system, and OUT/device-systemd/root.raw, which is that: a Debian of few packages, unpacked and never installed. The agent is not
# installed on it; what that takes is in /root, beside nothing else. The kernel is OUT/device/vmlinuz.
set -euo pipefail
fail() { printf 'microvm: %s\n' "$*" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
deploy=$here/../..
out=${1:-${MICROVM_OUT:-$deploy/../artifacts/release}}
size=512M
for file in microvm-agent libe_sqlite3.so microvm-vmm guest/vmlinuz guest/initramfs.cpio; do
  [ -f "$out/$file" ] || fail "expected the file $out/$file, found none"
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kernel=$("$deploy/guest/fetch-kernel.sh")

# systemd, udev and the bus for logind, which follows the power button; the shell and its programs; what the agent runs.
packages=(
  systemd udev kmod dbus dbus-bin dbus-daemon dbus-system-bus-common dbus-session-bus-common mount util-linux
  base-files base-passwd dash coreutils sed grep findutils busybox-static
  tar gzip e2fsprogs nftables iproute2
)
# Their libraries; what is missing here is said below.
packages+=(
  libc6 libsystemd-shared libsystemd0 libudev1 libkmod2 libdbus-1-3 libexpat1 libapparmor1 libacl1 libattr1 libaudit1 libcap-ng0
  libblkid1 libcryptsetup12 libfdisk1 libp11-kit0 libffi8 libseccomp2 libcap2 libgcrypt20 libgpg-error0 liblz4-1 liblzma5 libmount1
  libselinux1 libpcre2-8-0 libssl3 libzstd1 libuuid1 libsmartcols1 libdevmapper1.02.1 libjson-c5 libargon2-1 libcrypt1 libpam0g libip4tc2
  libidn2-0 libunistring2 libext2fs2 libcom-err2 libss2 libnftables1 libnftnl11 libmnl0 libjansson4 libgmp10 libedit2 libtinfo6 libbsd0
  libmd0 libxtables12 libelf1 libbpf1 zlib1g libdb5.3 libtirpc3 libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libkeyutils1 libdebconfclient0
)
root=$work/root
mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root"/{dev,proc,sys,run,tmp,root}
# As the package usrmerge leaves it.
for folder in bin sbin lib lib64; do
  ln -s "usr/$folder" "$root/$folder"
done
chmod 1777 "$root/tmp"
"$deploy/fetch-packages.sh" --arch amd64 "${packages[@]}" >"$work/packages"
while read -r package; do
  dpkg-deb --fsys-tarfile "$package" | tar -C "$root" --keep-directory-symlink --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' \
    --exclude='./usr/share/locale/*' --exclude='./usr/share/info/*' --exclude='./lib/udev/hwdb.d/*' --exclude='./usr/lib/x86_64-linux-gnu/gconv/*' -xf -
done <"$work/packages"
for file in "$root"/usr/{bin,sbin,lib/systemd}/* "$root"/usr/lib/{systemd,x86_64-linux-gnu}/*.so*; do
  for library in $([ -L "$file" ] || readelf -d "$file" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
    [ -e "$root/usr/lib/x86_64-linux-gnu/$library" ] || [ -e "$root/usr/lib/x86_64-linux-gnu/systemd/$library" ] || echo "${file#"$root"} needs $library"
  done
done >"$work/missing"
[ ! -s "$work/missing" ] || { cat "$work/missing" >&2; fail "expected every library that programs of the device need, found those above missing"; }

# What the packages' scripts would do. systemd-sysusers makes the rest of the users.
install -m 644 "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
install -m 644 "$root/usr/share/base-passwd/group.master" "$root/etc/group"
echo 'messagebus:x:100:101::/nonexistent:/usr/sbin/nologin' >>"$root/etc/passwd"
echo 'messagebus:x:101:' >>"$root/etc/group"
ln -sfn dash "$root/usr/bin/sh"

# A kernel and its modules where kmod looks, of the folders that have anything to do with such a device.
module=$(find "$kernel/modules" -name 'kvm.ko')
version=$(modinfo -F vermagic "$module" | cut -d' ' -f1)
modules=$root/usr/lib/modules/$version
mkdir -p "$modules"
(cd "$kernel" && find modules/{arch,crypto,lib,virt,drivers/{acpi,block,input,net,virtio},fs/squashfs,net/{802,bridge,core,ipv4,ipv6,llc,netfilter}} \
  -name '*.ko' -print0 | cpio --null --quiet -pdm "$modules")
mv "$modules/modules" "$modules/kernel"
depmod -b "$root" "$version"

# The disk, the network, and no login: the control port and, on demand, the console have a shell.
echo '/dev/vdb / ext4 noatime 0 0' >"$root/etc/fstab"
echo '/dev/vda /var/lib/microvm ext4 noatime 0 0' >>"$root/etc/fstab"
mkdir -p "$root"/var/lib/microvm "$root"/var/log/journal "$root/etc/systemd/network"
printf '[Match]\nName=en* eth*\n\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n' >"$root/etc/systemd/network/wired.network"
echo 'nameserver 10.0.2.3' >"$root/etc/resolv.conf"
mkdir -p "$root"/etc/systemd/system/{multi-user.target.wants,sockets.target.wants,network-online.target.wants}
enable() { ln -s "/lib/systemd/system/$1" "$root/etc/systemd/system/$2.wants/$1"; }
enable systemd-networkd.service multi-user.target
enable systemd-networkd-wait-online.service network-online.target
for unit in serial-getty@ttyS0 getty@tty1 systemd-firstboot systemd-hwdb-update; do
  ln -s /dev/null "$root/etc/systemd/system/$unit.service"
done

# What makes it a virtual device.
mkdir -p "$root"/usr/lib/device/busybox
install -m 755 "$here"/../{agent-config,control}.sh "$root/usr/lib/device/"
install -m 755 "$here/editor.sh" "$root/usr/bin/editor"
for unit in device-control device-log device-shell; do
  install -m 644 "$here/$unit.service" "$root/usr/lib/systemd/system/"
  enable "$unit.service" multi-user.target
done
for applet in $("$root/bin/busybox" --list); do
  ln -s /bin/busybox "$root/usr/lib/device/busybox/$applet"
done

# What src/EdgeAgent/docs/update.md installs.
mkdir -p "$root"/root/{guest,deploy}
install -m 755 "$out/microvm-agent" "$out/microvm-vmm" "$root/root/"
install -m 644 "$out/libe_sqlite3.so" "$root/root/"
install -m 644 "$out"/guest/{vmlinuz,initramfs.cpio} "$root/root/guest/"
cp -R "$deploy/systemd" "$root/root/deploy/"

first=$work/initramfs
mkdir -p "$first"/{bin,dev,proc,sys,root,etc}
drivers=()
for name in virtio_pci virtio_blk; do
  [ -z "$(find "$kernel/modules" -name "$name.ko")" ] || drivers+=("$name")
done
"$deploy/guest/stage-modules.sh" "$kernel" "$first" "${drivers[@]}" >"$first/etc/modules-load.list"
install -m 755 "$root/bin/busybox" "$first/bin/busybox"
ln -s busybox "$first/bin/sh"
install -m 755 "$here/init.sh" "$first/init"

mkdir -p "$out/device-systemd"
"$deploy/guest/pack-cpio.sh" "$first" | gzip -n -1 >"$out/device-systemd/initramfs.cpio.gz"
chown -R 0:0 "$root"
rm -f "$out/device-systemd/root.raw"
truncate -s "$size" "$out/device-systemd/root.raw"
mke2fs -q -t ext4 -F -d "$root" "$out/device-systemd/root.raw"
printf 'device with systemd: %d packages, root file system %d MiB\n' "$(wc -l <"$work/packages")" "$(($(du -k "$out/device-systemd/root.raw" | cut -f1) >> 10))"

#!/usr/bin/env bash
# Boots a virtual device: an edge host in QEMU with KVM of its own, the agent, the VMM and the guest kernel.
#   deploy/virtual-device/run.sh [OPTION ...]
#     --arch ARCH          x86_64 or aarch64 (default x86_64)
#     --gic VERSION        aarch64: its interrupt controller, 2 or 3 (default 3); 2 is what Raspberry Pi 4 class boards have
#     --id ID              device id (default edge-1)
#     --work DIR           disk, sockets, logs, pid file (default: artifacts/device/ID in the clone)
#     --release DIR        what deploy/build.sh made (default: $MICROVM_OUT, else artifacts/release in the clone);
#                          the device boots DIR/device, with --arch aarch64 DIR/aarch64/device
#     --api-port PORT      control plane's API on this machine's loopback (default 8443)
#     --mqtt-port PORT     its MQTT gateway (default 8883)
#     --enrol-token TOKEN  what 'mvm enrol token create' printed; needed at the first boot
#     --disk FILE          raw ext4 disk of /var/lib/microvm (default: DIR/disk.raw; made when missing), or nbd+unix:///?socket=PATH
#     --disk-size SIZE     its size when it is made, sparse (default 4G)
#     --memory MIB         memory (default 2048)
#     --cpus N             processors (default 1)
#     --forward PORT:PORT  a TCP port of this machine's loopback that leads to a port of the device; may be repeated
#     --systemd            x86_64: a Debian with systemd on a disk of its own (DIR/root.raw, made when missing); the agent is not installed
#     --media FILE         a squashfs that the device mounts read-only at /media
#     --no-agent           do not start the agent
#     --no-network         nothing that it sends gets anywhere
#     --rtc TIME           what its clock says when it is switched on, UTC, such as 1970-01-01T00:00:00 (default: this machine's time)
#     --kernel DIR         another kernel: DIR/vmlinuz, and DIR/modules.cpio.gz to lay over the initramfs
#     --append ARGUMENTS   more of its kernel's command line
#     --label KEY=VALUE    a label that the device says of itself; may be repeated (host=virtual is there unless given)
#     --accel MODE         auto, kvm or tcg (default auto: kvm only where this machine can really nest it; aarch64: always tcg)
#     --shell              a root shell on this terminal; ends with poweroff
#     --stop-with-stdin    cuts the power when standard input ends, for programs that start this one
# Runs in the foreground until the device powers off. SIGTERM and Ctrl-C press its power button.
# DIR: serial.log agent.log control.log, console.sock agent.sock control.sock (see control.sh), monitor.in, qemu.pid.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
fail() { printf 'microvm: %s\n' "$*" >&2; exit 2; }

arch=x86_64 gic=3 id=edge-1 work='' media='' append='' kernel='' agent=yes network='' rtc=utc release=${MICROVM_OUT:-$root/artifacts/release} api_port=8443 mqtt_port=8883 token='' disk='' disk_size=4G
memory=2048 cpus=1 forwards='' labels='' accel=auto shell=no stop_with_stdin=no systemd=no
while [ $# -gt 0 ]; do
  case $1 in
    --shell) shell=yes; shift; continue ;;
    --stop-with-stdin) stop_with_stdin=yes; shift; continue ;;
    --no-agent) agent=no; shift; continue ;;
    --systemd) systemd=yes; shift; continue ;;
    --no-network) network=,restrict=on; shift; continue ;;
    -h | --help) sed -n '2,31s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --arch | --gic | --id | --work | --release | --api-port | --mqtt-port | --enrol-token | --disk | --disk-size | --memory | --cpus | --media | --kernel | --append | --label | --forward | --accel | --rtc) ;;
    *) fail "unknown option '$1'; see --help" ;;
  esac
  [ $# -ge 2 ] || fail "$1: expected a value, found nothing"
  case $1 in
    --arch) arch=$2 ;;
    --gic) gic=$2 ;;
    --id) id=$2 ;;
    --work) work=$2 ;;
    --release) release=$2 ;;
    --api-port) api_port=$2 ;;
    --mqtt-port) mqtt_port=$2 ;;
    --enrol-token) token=$2 ;;
    --disk) disk=$2 ;;
    --disk-size) disk_size=$2 ;;
    --memory) memory=$2 ;;
    --cpus) cpus=$2 ;;
    --media) media=$2 ;;
    --kernel) kernel=$2 ;;
    --append) append=$2 ;;
    --label) labels=$labels${labels:+,}$2 ;;
    --forward) forwards=$forwards${forwards:+ }$2 ;;
    --accel) accel=$2 ;;
    --rtc) rtc=$2 ;;
  esac
  shift 2
done
matches() { [[ $2 =~ ^($3)$ ]] || fail "$1: expected $4, found '$2'"; }
matches --arch "$arch" 'x86_64|aarch64' "x86_64 or aarch64"
matches --gic "$gic" '2|3' "2 or 3"
matches --id "$id" '[a-z0-9-]{1,64}' "1 to 64 of [a-z0-9-]"
matches --api-port "$api_port" '[0-9]{1,5}' "a port"
matches --mqtt-port "$mqtt_port" '[0-9]{1,5}' "a port"
matches --enrol-token "$token" '|mvme\.[A-Za-z0-9._-]{1,150}' "a token as 'mvm enrol token create' prints it"
matches --memory "$memory" '[0-9]{3,6}' "a number of MiB"
matches --cpus "$cpus" '[1-9][0-9]?' "a number from 1 to 99"
matches --label "$labels" '|[A-Za-z0-9._/-]+=[A-Za-z0-9._-]*(,[A-Za-z0-9._/-]+=[A-Za-z0-9._-]*)*' "KEY=VALUE of letters, digits and ._-"
[[ ,$labels = *,host=* ]] || labels=host=virtual${labels:+,}$labels
matches --forward "$forwards" '|[0-9]{1,5}:[0-9]{1,5}( [0-9]{1,5}:[0-9]{1,5})*' "PORT:PORT"
matches --rtc "$rtc" 'utc|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}' "a time such as 2026-01-31T12:00:00"
matches --accel "$accel" 'auto|kvm|tcg' "auto, kvm or tcg"
# QEMU 7.2's clock chip has no date after 2038; the device is told as well.
date=''
[ "$rtc" = utc ] || date=$(date -u -d "${rtc}Z" +%s)
package=qemu-system-x86
[ "$arch" = x86_64 ] || package=qemu-system-arm
command -v "qemu-system-$arch" >/dev/null || fail "expected qemu-system-$arch of the package $package, found none"
[ "$arch" = x86_64 ] || release=$release/$arch
initrd=$release/device/initramfs.cpio.gz power_off_seconds=14
needed=("$release/device/vmlinuz" "$initrd")
if [ "$systemd" = yes ]; then
  [ "$arch$kernel" = x86_64 ] || fail "--systemd: expected --arch x86_64 and its own kernel, found --arch $arch${kernel:+ --kernel $kernel}"
  # As long as systemd gives what does not end, and the rest.
  initrd=$release/device-systemd/initramfs.cpio.gz power_off_seconds=130
  needed+=("$initrd" "$release/device-systemd/root.raw")
fi
for file in "${needed[@]}"; do
  [ -f "$file" ] || fail "expected the file $file, found none; run deploy/build.sh"
done
[ -z "$media" ] || [ -f "$media" ] || fail "--media: expected a file, found none at $media"
[ -z "$kernel" ] || [ -f "$kernel/vmlinuz" ] || fail "--kernel: expected $kernel/vmlinuz, found none"

work=${work:-$root/artifacts/device/$id}
mkdir -p "$work"
work=$(cd "$work" && pwd)
release=$(cd "$release" && pwd)
disk=${disk:-$work/disk.raw}
if [[ $disk != nbd* ]] && [ ! -e "$disk" ]; then
  truncate -s "$disk_size" "$disk.new"
  mke2fs -q -t ext4 -F "$disk.new" >/dev/null 2>&1 || fail "mke2fs cannot make a file system of $disk_size in $disk.new"
  mv "$disk.new" "$disk"
fi
[[ $disk = nbd* ]] || disk=$(cd "$(dirname "$disk")" && pwd)/$(basename "$disk")
more=()
image=$release/device/vmlinuz initrd=$(realpath "$initrd")
if [ "$systemd" = yes ]; then
  [ -e "$work/root.raw" ] || { cp --sparse=always "$release/device-systemd/root.raw" "$work/root.raw.new" && mv "$work/root.raw.new" "$work/root.raw"; }
  more+=(-drive "file=$work/root.raw,format=raw,if=none,id=root,cache=writeback" -device virtio-blk-pci,drive=root)
fi
if [ -n "$kernel" ]; then
  image=$(realpath "$kernel/vmlinuz") initrd=$work/initramfs
  cat "$release/device/initramfs.cpio.gz" "$kernel/modules.cpio.gz" >"$initrd"
fi
[ -z "$media" ] || more+=(-drive "file=$(realpath "$media"),format=raw,if=none,id=media,readonly=on" -device virtio-blk-pci,drive=media)

# A /dev/kvm alone proves nothing: cloud sandboxes have one that emulates, which no stock kernel survives.
can_nest() {
  [ "$arch" = x86_64 ] && [ -w /dev/kvm ] && grep -qE '^flags.* (svm|vmx)( |$)' /proc/cpuinfo &&
    grep -qsE '^[1Y]' /sys/module/kvm_amd/parameters/nested /sys/module/kvm_intel/parameters/nested
}
[ "$accel" = auto ] && { can_nest && accel=kvm || accel=tcg; }
case $arch-$accel in
  x86_64-kvm) machine=(-M q35 -accel kvm -cpu host) ;;
  x86_64-tcg) machine=(-M q35 -accel "tcg,thread=multi" -cpu max) ;;
  # Pointer authentication alone makes everything two to four times slower; Debian's 6.1 has no use for the other two.
  aarch64-tcg) machine=(-M "virt,virtualization=on,gic-version=$gic" -accel "tcg,thread=multi" -cpu "max,pauth=off,sve=off,lpa2=off") ;;
  aarch64-kvm) fail "--accel kvm: expected --arch x86_64, found aarch64, whose virtualisation extension QEMU 7.2 passes on under tcg alone" ;;
esac
# What differs by architecture: virt has one serial port, so the others are on PCI; its own power button is a GPIO line, for which
# Debian's cloud kernel has no driver, so it has a keyboard with such a key.
case $arch in
  x86_64)
    console=ttyS0 press=system_powerdown
    # The kernel waits for a few ticks by counting cycles; where a busy host holds the emulated clock up it would panic.
    arguments='no_timer_check '
    ;;
  aarch64)
    console=ttyAMA0 press='sendkey power' arguments='kpti=off '
    more+=(-device virtio-keyboard-pci)
    ;;
esac

if [ -s "$work/qemu.pid" ] && kill -0 "$(cat "$work/qemu.pid")" 2>/dev/null; then
  fail "--work: expected a folder without a running device, found process $(cat "$work/qemu.pid") in $work"
fi
# Relative names from here on: a Unix socket's path has at most 107 bytes, a clone's may be longer.
cd "$work"
rm -f ./*.sock monitor.in monitor.out qemu.pid
mkfifo monitor.in monitor.out
port() { # name, log: a serial port whose output goes to a log, and to whoever connects
  serials+=(-chardev "socket,id=$1,path=$1.sock,server=on,wait=off,logfile=$2,logappend=off")
  if [ "$arch" = aarch64 ] && [ "$1" != console ]; then
    serials+=(-device "pci-serial,chardev=$1")
  else
    serials+=(-serial "chardev:$1")
  fi
}
serials=()
if [ "$shell" = yes ]; then
  serials+=(-chardev "stdio,id=console,signal=off,logfile=serial.log,logappend=off" -serial chardev:console)
else
  port console serial.log
fi
port control control.log
port agent agent.log

forwarding=''
for forward in $forwards; do
  forwarding=$forwarding,hostfwd=tcp:127.0.0.1:${forward%:*}-:${forward#*:}
done

# Open for both so that neither end waits for the other.
exec 8<>monitor.in 9<>monitor.out
command=(
  "qemu-system-$arch" "${machine[@]}" -smp "$cpus" -m "$memory" -nodefaults -no-user-config -display none -no-reboot
  -kernel "$image" -initrd "$initrd"
  -append "console=$console quiet loglevel=3 panic=-1 mitigations=off ${arguments}mvm.id=$id mvm.api=$api_port mvm.mqtt=$mqtt_port mvm.token=$token mvm.labels=$labels mvm.shell=$shell mvm.agent=$agent mvm.date=$date $append"
  -drive "file=$disk,format=raw,if=none,id=disk,cache=writeback" -device virtio-blk-pci,drive=disk "${more[@]}"
  -rtc "base=$rtc" -netdev "user,id=net$network$forwarding" -device virtio-net-pci,netdev=net,romfile=
  -chardev pipe,id=monitor,path=monitor -mon chardev=monitor,mode=readline
  -pidfile qemu.pid "${serials[@]}"
)
# The device must not outlive this script.
if [ "$shell" = yes ]; then
  terminal=$(stty -g 2>/dev/null || true)
  setpriv --pdeathsig KILL "${command[@]}" && code=0 || code=$?
  [ -z "$terminal" ] || stty "$terminal"
  exit "$code"
fi

echo "device $id: $arch, accel $accel, logs and sockets in $work"
# In a session of its own: the Ctrl-C that is meant as a press of the power button would end QEMU at once.
setsid setpriv --pdeathsig KILL "${command[@]}" </dev/null &
qemu=$!
press_power_button() {
  trap '' INT TERM
  echo "$press" >&8
  { timeout "$power_off_seconds" tail --pid="$qemu" -f /dev/null || kill -KILL "$qemu"; } >/dev/null 2>&1 &
}
trap press_power_button INT TERM
watcher=''
if [ "$stop_with_stdin" = yes ]; then
  { cat; kill -KILL "$qemu"; } >/dev/null 2>&1 <&0 &
  watcher=$!
fi
# The monitor greets when all sockets are there.
if read -r -t 20 -u 9 _; then
  echo "device $id: started, QEMU is process $qemu"
fi
while kill -0 "$qemu" 2>/dev/null; do
  wait "$qemu" 2>/dev/null && code=0 || code=$?
done
[ -z "$watcher" ] || kill "$watcher" 2>/dev/null || true
rm -f ./*.sock monitor.in monitor.out qemu.pid
echo "device $id: ended with code $code"
exit "$code"

#!/bin/busybox sh
# Process 1 of the virtual device: an edge host with nothing but KVM, a disk, a network and the agent.
# Serial ports, x86_64 and aarch64: ttyS0/ttyAMA0 console, ttyS1/ttyS0 control port (control.sh), ttyS2/ttyS1 the agent's log.
/bin/busybox --install -s /bin
export PATH=/bin:/usr/sbin:/usr/lib/microvm HOME=/root
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs -o mode=0755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo '+cpu +memory +pids' >/sys/fs/cgroup/cgroup.subtree_control
say() { echo "device: $*" >/dev/console; }

# The value of a parameter of the kernel's command line, or the fallback.
parameter() {
  for word in $(cat /proc/cmdline); do
    case $word in "$1="*) echo "${word#*=}"; return ;; esac
  done
  echo "$2"
}

while read -r module; do
  insmod "$module" || say "module $module does not load"
done </etc/modules-load.list
control=/dev/ttyS1 log=/dev/ttyS2
case $(uname -m) in
  aarch64) control=/dev/ttyS0 log=/dev/ttyS1 ;; # KVM is built in
  *)
    case $(grep -m 1 '^flags' /proc/cpuinfo) in
      *' svm '*) insmod /lib/modules/kvm_amd.ko ;;
      *' vmx '*) insmod /lib/modules/kvm_intel.ko ;;
      *) say "this processor has neither svm nor vmx: no KVM" ;;
    esac
    ;;
esac
[ -c /dev/kvm ] || say "no /dev/kvm"

date=$(parameter mvm.date '')
[ -z "$date" ] || date -u -s "@$date" >/dev/null
id=$(parameter mvm.id edge-1)
hostname "$id"
ip link set lo up
ip link set eth0 up
ip address add 10.0.2.15/24 dev eth0
ip route add default via 10.0.2.2
echo nameserver 10.0.2.3 >/etc/resolv.conf

# A power cut leaves a journal: mounting replays it.
mkdir -p /var/lib/microvm
mount -t ext4 -o noatime /dev/vda /var/lib/microvm || say "the disk cannot be mounted: nothing survives this boot"

[ ! -b /dev/vdb ] || { mkdir /media && mount -t squashfs -o ro /dev/vdb /media; } || say "the medium cannot be mounted"

/usr/lib/device/agent-config.sh >/etc/microvm/agent.json

for tty in $control $log; do
  stty -F "$tty" raw -echo 115200
done
setsid /usr/lib/device/control.sh <>$control >&0 2>/dev/null &
if [ "$(parameter mvm.agent yes)" = yes ]; then
  setsid /usr/lib/device/supervise.sh >$log 2>&1 </dev/null &
  echo $! >/run/supervise.pid
fi

# The power button is an input device like the keyboard, on which nobody types; one event is 24 bytes.
for event in /dev/input/event*; do
  { dd if="$event" of=/dev/null bs=24 count=1 2>/dev/null && exec /usr/lib/device/power-off.sh; } &
done
say "up after $(cut -d' ' -f1 /proc/uptime) s, $(uname -r), KVM $([ -c /dev/kvm ] && echo there || echo missing)"

# What busybox's poweroff, halt and reboot send to process 1.
trap 'exec /usr/lib/device/power-off.sh' USR1 USR2 TERM
if [ "$(parameter mvm.shell no)" = yes ]; then
  while :; do
    (cd /root && exec setsid cttyhack sh -l) <>/dev/console >&0 2>&0 &
    wait $!
    say "the shell ended; poweroff powers the device off"
  done
fi
# Process 1 has only to take the children that nobody else waits for.
while :; do
  sleep 3600 &
  wait $!
done

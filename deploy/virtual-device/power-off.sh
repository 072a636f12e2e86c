#!/bin/busybox sh
# A clean end: the agent, then the VMs, then the disk.
echo "device: powering off" >/dev/console
kill "$(cat /run/supervise.pid)" 2>/dev/null
end() { # name, seconds
  killall -TERM "$1" 2>/dev/null
  left=$(($2 * 5))
  while [ $left -gt 0 ] && pidof "$1" >/dev/null; do
    sleep 0.2
    left=$((left - 1))
  done
  killall -KILL "$1" 2>/dev/null
}
end microvm-agent 3
end microvm-vmm 6
sync
umount /var/lib/microvm 2>/dev/null || mount -o remount,ro /var/lib/microvm
busybox poweroff -f

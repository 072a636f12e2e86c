#!/bin/busybox sh
# A clean end: the agent, then the VMs, then the disk.
echo "device: powering off" >/dev/console
[ ! -f /run/supervise.pid ] || kill "$(cat /run/supervise.pid)" 2>/dev/null
gone() { # name, seconds
  left=$(($2 * 5))
  while pidof "$1" >/dev/null; do
    [ $left -gt 0 ] || return 1
    sleep 0.2
    left=$((left - 1))
  done
}
end() { # name, seconds
  killall -TERM "$1" 2>/dev/null
  gone "$1" "$2" || { killall -KILL "$1" 2>/dev/null; gone "$1" 2; }
}
end microvm-agent 3
end microvm-vmm 6
sync
umount /var/lib/microvm 2>/dev/null || mount -o remount,ro /var/lib/microvm
busybox poweroff -f

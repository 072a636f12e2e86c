#!/bin/busybox sh
# Process 1 of a probe guest: a stock kernel with busybox, which does what the test at the other end of its serial port says.
# Lines on ttyS0, as on the virtual device's control port:
#   test:  RUN TOKEN SECONDS BASE64(command)
#   guest: READY
#          DONE TOKEN EXITCODE BASE64(output)    stdout and stderr together; 137 when it took longer than SECONDS
/bin/busybox --install -s /bin
export PATH=/bin:/tools/bin HOME=/
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=1777 tmpfs /tmp
while read -r module; do
  insmod "$module" || echo "probe: module $module does not load" >/dev/console
done <"/lib/modules/$(uname -r).list"
ip link set lo up
# What microvm-vmm --boot-timer waits for.
case $(uname -m) in
  aarch64) devmem 0x40000000 8 123 ;;
  *) devmem 0xc0000000 8 123 ;;
esac

# The power button is an input device like the keyboard; one event is 24 bytes.
for event in /sys/class/input/event*; do
  case $(cat "$event/device/name" 2>/dev/null) in
    'Power Button' | gpio-keys) { dd if="/dev/input/${event##*/}" of=/dev/null bs=24 count=1 2>/dev/null && poweroff -f; } & ;;
  esac
done

exec <>/dev/ttyS0 >&0 2>/dev/null
stty -F /dev/ttyS0 raw -echo 115200
echo READY
while read -r verb token seconds command; do
  [ "$verb" = RUN ] || continue
  echo "$command" | base64 -d >/tmp/command
  setsid timeout -s KILL "$seconds" sh /tmp/command >/tmp/output 2>&1 </dev/null &
  wait $!
  code=$?
  [ "$code" != 137 ] || kill -KILL -- -$!
  # In one write, so that nothing of the kernel's comes between.
  printf '\nDONE %s %s %s\n' "$token" "$code" "$(base64 -w 0 /tmp/output)"
done

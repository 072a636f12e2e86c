#!/bin/sh
# Ends the VMs of a device that shuts down, as soon as its agent has ended; installed as microvm-stop-vms:
#   microvm-stop-vms SECONDS        what still runs after that is killed
# The first SIGTERM presses a guest's power button: its workload has its grace period, then volumes are unmounted. A second one would
# end the VM at once, so each VMM gets one.
seconds=${1:?usage: microvm-stop-vms SECONDS}
# The agent would start them again.
patience=30
while [ "$patience" -gt 0 ]; do
  case $(systemctl show --property ActiveState --value microvm-agent) in
    active | reloading | activating | deactivating) sleep 1 ;;
    *) break ;;
  esac
  patience=$((patience - 1))
done
vmms=
for process in /proc/[0-9]*; do
  # An update may have removed the file that the process was started from.
  case $(readlink "$process/exe" 2>/dev/null) in
    */microvm-vmm | */'microvm-vmm (deleted)') vmms="$vmms ${process#/proc/}" ;;
  esac
done
[ -z "$vmms" ] || echo "microvm-stop-vms: pressing the power button of the VMs of processes$vmms"
for vmm in $vmms; do
  kill -TERM "$vmm" 2>/dev/null
done
left=$((seconds * 5))
for vmm in $vmms; do
  while kill -0 "$vmm" 2>/dev/null && [ "$left" -gt 0 ]; do
    sleep 0.2
    left=$((left - 1))
  done
  ! kill -KILL "$vmm" 2>/dev/null || echo "microvm-stop-vms: the VM of process $vmm did not end within $seconds s and was killed" >&2
done

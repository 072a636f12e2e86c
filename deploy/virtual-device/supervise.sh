#!/bin/busybox sh
# Runs the agent again whenever it ends, but not when it says that the device is decommissioned: what the systemd unit does, without
# its watchdog. The launcher chooses the slot.
while :; do
  MICROVM_DATA=/var/lib/microvm /usr/lib/microvm/microvm-launch --config /etc/microvm/agent.json &
  echo $! >/run/agent.pid
  wait $!
  code=$?
  if [ $code = 3 ]; then
    echo "device: the agent ended with code 3: the device is decommissioned" | tee /dev/console
    exit 0
  fi
  echo "device: the agent ended with code $code; starting it again in 1 s" | tee /dev/console
  sleep 1
done

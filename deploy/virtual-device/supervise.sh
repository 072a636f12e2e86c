#!/bin/busybox sh
# Runs the agent again whenever it ends.
while :; do
  /usr/lib/microvm/microvm-agent --config /etc/microvm/agent.json &
  echo $! >/run/agent.pid
  wait $!
  echo "device: the agent ended with code $?; starting it again in 1 s" | tee /dev/console
  sleep 1
done

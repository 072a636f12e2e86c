#!/bin/sh
# Counts: one line a second to stdout, now and then one to stderr. Ends with 0 when it is asked to stop.
trap 'echo "asked to stop after $count lines"; exit 0' TERM
memory=$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
count=0
while :; do
  count=$((count + 1))
  echo "hello $count from $(hostname), Linux $(uname -r), $memory MiB, up $(cut -d' ' -f1 /proc/uptime) s"
  [ $((count % 15)) = 0 ] && echo "this line went to stderr" >&2
  sleep 1 &
  wait $!
done

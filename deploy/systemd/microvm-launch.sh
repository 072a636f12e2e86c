#!/bin/sh
# Starts the agent of the slot that is current; installed as microvm-launch beside the package's agent and never updated by it:
#   microvm-launch [ARGUMENT ...]        arguments of microvm-agent; $MICROVM_DATA is its data directory (/var/lib/microvm)
# While a new agent is on trial its starts are counted; after five, or when a start cannot be counted, the agent from before starts,
# and remembers what failed. src/EdgeAgent/docs/update.md has the files.
most_starts=5
package=$(dirname "$0")
slots=${MICROVM_DATA:-/var/lib/microvm}/slots
field() { sed -n "s/^$1=//p" "$slots/trial" 2>/dev/null | head -n 1; }
back() {
  current=$(field previous)
  echo "microvm-launch: the agent in slot $candidate $1; back to ${current:-base}" >&2
}

current=$(readlink "$slots/current" 2>/dev/null)
candidate=$(field candidate)
if [ -n "$candidate" ] && [ "$current" = "$candidate" ]; then
  starts=$(cat "$slots/starts" 2>/dev/null)
  case $starts in '' | *[!0-9]*) starts=0 ;; esac
  if [ "$starts" -ge "$most_starts" ]; then
    back "was started $starts times and did not stay"
    case $current in
      a | b) ln -sfn "$current" "$slots/current.new" && mv -fT "$slots/current.new" "$slots/current" ;;
      *) rm -f "$slots/current" ;;
    esac
  elif ! { echo $((starts + 1)) >"$slots/starts.new" && mv -f "$slots/starts.new" "$slots/starts"; }; then
    # The disk is full. The link stays: by it the agent from before sees that it was started in the other's place.
    back "cannot be counted: $slots/starts is not written"
  fi
  sync
fi

agent=$package/microvm-agent MICROVM_SLOT=base
case $current in
  a | b)
    if [ -x "$slots/$current/microvm-agent" ]; then
      agent=$slots/$current/microvm-agent MICROVM_SLOT=$current
    else
      echo "microvm-launch: slot $current has no agent; the package's starts" >&2
    fi
    ;;
esac
export MICROVM_SLOT
exec "$agent" "$@"

#!/bin/busybox sh
# Runs probe guests on the virtual device, for tests that have nothing but its control port:
#   vm.sh start NAME [OPTION...]      microvm-vmm --config-file /run/vm/NAME/config.json OPTION... in that folder
#   vm.sh ready NAME                  waits for the guest's READY
#   vm.sh ask NAME SECONDS COMMAND    runs COMMAND in the guest, prints what it prints, ends with its exit code
#   vm.sh end NAME                    waits until the VMM has ended, prints its exit code
#   vm.sh kill NAME                   ends the VMM with SIGKILL and forgets the guest
#   vm.sh api NAME METHOD PATH [BODY] one request to the API; prints the whole answer
# Nothing here limits the time: the control port does. Folder: config.json api.sock serial.log vmm.log pid.
# Exit code 200: the VMM ended while it was waited for something else.
verb=$1 name=$2
shift 2
folder=/run/vm/$name
cd "$folder" || exit 99

# Serial output is a pipe that this script reads line by line up to what it waits for; it is kept in serial.log.
line=''
expect() { # what the line contains
  exec 3<>out
  while IFS= read -r line <&3; do
    line=${line%$(printf '\r')}
    echo "$line" >>serial.log
    case $line in
      *"$1"*) return 0 ;;
      VMM-ENDED*) echo "$line" >ended; echo "the VMM ended: ${line#VMM-ENDED }"; exit 200 ;;
    esac
  done
}

case $verb in
  start)
    rm -f in out hold ended serial.log
    mkfifo in out hold
    {
      exec 5<>in 6<>out
      /usr/lib/microvm/microvm-vmm --config-file config.json "$@" <&5 >&6 2>vmm.log 5>&- 6>&- &
      echo $! >pid
      wait $!
      printf '\nVMM-ENDED %s\n' $? >&6
      # The pipe keeps what is in it for as long as somebody has it open.
      read -r _ <hold
    } </dev/null >/dev/null 2>&1 &
    ;;
  ready) expect READY ;;
  ask)
    token=$(cat /proc/sys/kernel/random/uuid)
    printf 'RUN %s %s %s\n' "$token" "$1" "$(printf %s "$2" | base64 -w 0)" >in
    expect "DONE $token"
    set -- ${line#*DONE}
    echo "$3" | base64 -d
    exit "$2"
    ;;
  end)
    [ -s ended ] || expect VMM-ENDED
    [ -s ended ] || echo "$line" >ended
    { echo >hold; } &
    sed 's/^VMM-ENDED //' ended
    ;;
  kill)
    kill -KILL "$(cat pid)" 2>/dev/null
    { echo >hold; } 2>/dev/null &
    ;;
  api)
    printf '%s %s HTTP/1.1\r\nHost: vm\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' "$1" "$2" ${#3} "$3" |
      socat -t 60 - UNIX-CONNECT:api.sock
    ;;
  *) exit 98 ;;
esac

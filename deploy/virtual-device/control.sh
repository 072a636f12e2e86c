#!/bin/busybox sh
# The control port: one command at a time, for hosts without a network into the device. Lines, both ways:
#   host:   RUN TOKEN SECONDS BASE64(command)     or an empty line, which asks for READY
#   device: READY
#           DONE TOKEN EXITCODE BASE64(output)    stdout and stderr together; 137 when it took longer than SECONDS
echo READY
while read -r verb token seconds command; do
  case $verb in
    RUN)
      echo "$command" | base64 -d >/tmp/control.command
      setsid timeout -s KILL "$seconds" sh /tmp/control.command >/tmp/control.output 2>&1 </dev/null &
      wait $!
      code=$?
      # What a command that took too long has started would go on writing into the next one's output.
      [ "$code" != 137 ] || kill -KILL -- -$!
      echo "DONE $token $code $(base64 -w 0 /tmp/control.output)"
      ;;
    *) echo READY ;;
  esac
done

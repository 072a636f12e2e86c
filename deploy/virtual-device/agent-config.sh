#!/bin/busybox sh
# Prints the agent's configuration as the kernel's command line has it: mvm.id, mvm.api, mvm.mqtt, mvm.token, mvm.update, mvm.labels.
# The value of a parameter, or the fallback.
parameter() {
  for word in $(cat /proc/cmdline); do
    case $word in "$1="*) echo "${word#*=}"; return ;; esac
  done
  echo "$2"
}

# An empty token is none: the device is enrolled already, or waits.
token=$(parameter mvm.token '')
enrolment=''
[ -z "$token" ] || enrolment="\"enrolment\": { \"token\": \"$token\" },"
# How long a new agent has to show that it works: seconds at most, seconds at least.
update=$(parameter mvm.update 300,30)
labels=$(parameter mvm.labels '' | sed 's/\([^=,]*\)=\([^,]*\)/"\1": "\2"/g')
cat <<JSON
{
  "deviceId": "$(parameter mvm.id edge-1)",
  "controlPlane": {
    "apiUrl": "https://10.0.2.2:$(parameter mvm.api 8443)",
    "mqttHost": "10.0.2.2",
    "mqttPort": $(parameter mvm.mqtt 8883)
  },
  $enrolment
  "update": { "gateSeconds": ${update%,*}, "settleSeconds": ${update#*,} },
  "labels": { $labels }
}
JSON

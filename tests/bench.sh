#!/usr/bin/env bash
# Prints figures, one line each: "name: measured (goal …) ok|MISSED". Exits 1 when a goal is missed.
#   tests/bench.sh vmm             the VMM beside QEMU microvm, all of it (20 minutes and more); writes src/Vmm/docs/figures.md
#   tests/bench.sh vmm NAME ...    only these: machine (this machine's /dev/kvm), and in a nested host, mostly under counted
#                                  time: kernel boot debian block net vsock memory growth
#   tests/bench.sh aarch64         the VMM in a nested aarch64 host, where nothing stands beside it, and the sizes of all binaries; fills the
#                                  aarch64 column of that document (5 minutes)
#   tests/bench.sh agent           the agent's memory and processor time with ten VMs, through 10,000 passes and 1,000,000 telemetry points, and its
#                                  size, beside mosquitto_sub as a floor (twenty minutes: a VM may write 1,000 points in ten seconds)
#   tests/bench.sh memory          load that moves between ten VMs in a device of 1 GiB; writes artifacts/figures/memory.svg (five minutes, and
#                                  the small kernel once)
#   tests/bench.sh rollouts        what deciding costs in a rollout to 10,000 devices; enrolments and handshakes (seconds)
#   tests/bench.sh workloads       what a guest of 32 MiB has left for its workload, apply to ready, exec (five minutes, and the small kernel once)
# For experiments: MICROVM_BENCH_VMM (another VMM binary in the nested host), MICROVM_BENCH_ROUNDS (default 5),
# MICROVM_BENCH_POINTS (of the agent, default 1000000), MICROVM_BENCH_SECONDS (of the growth figure, default 600), MICROVM_BENCH_VERBOSE=1 (every line of the nested host).
set -euo pipefail
cd "$(dirname "$0")/.."
export HOME=${HOME:-/root}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
case ${1:-} in vmm | aarch64 | agent | memory | rollouts | workloads) ;; *) echo "usage: tests/bench.sh vmm [NAME ...] | aarch64 | agent | memory | rollouts | workloads" >&2; exit 2 ;; esac
bash deploy/prerequisites.sh bench
out=$PWD/artifacts/release
publish_nested() { # runtime, folder
  dotnet publish tests/Benchmarks.Nested -c Release -r "$1" -v q --nologo -o "$2/.publish/bench-nested" >&2
  install -m 755 "$2/.publish/bench-nested/bench-nested" "$2/bench-nested"
}
case $1 in
  vmm)
    bash deploy/build.sh "$out" vmm >&2
    publish_nested linux-x64 "$out"
    ;;
  aarch64)
    bash deploy/build.sh "$out" {vmm,init,agent,mvm}{,-aarch64} >&2
    publish_nested linux-arm64 "$out/aarch64"
    ;;
  agent) bash deploy/build.sh "$out" agent >&2 ;;
  rollouts) bash deploy/build.sh "$out" controlplane >&2 ;;
  memory | workloads) bash deploy/build.sh "$out" vmm init agent mvm guest device controlplane sample >&2 ;;
esac
dotnet build tests/Benchmarks -c Release -v q --nologo >&2
export MICROVM_ROOT=$PWD MICROVM_ARTIFACTS=$out MICROVM_FIGURES=$PWD/src/Vmm/docs/figures.md
exec artifacts/bin/MicroVm.Benchmarks/release/MicroVm.Benchmarks "$@"

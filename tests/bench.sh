#!/usr/bin/env bash
# Prints figures, one line each: "name: measured (goal …) ok|MISSED". Exits 1 when a goal is missed.
#   tests/bench.sh vmm             the VMM beside QEMU microvm, all of it (20 minutes and more); writes src/Vmm/docs/figures.md
#   tests/bench.sh vmm NAME ...    only these: machine (this machine's /dev/kvm), and in a nested host, mostly under counted
#                                  time: kernel boot debian block net vsock memory growth
#   tests/bench.sh agent           the agent's memory after its start and after 1,000 reports (about half a minute)
#   tests/bench.sh rollouts        what deciding costs in a rollout to 10,000 devices (seconds)
# For experiments: MICROVM_BENCH_VMM (another VMM binary in the nested host), MICROVM_BENCH_ROUNDS (default 5),
# MICROVM_BENCH_SECONDS (of the growth figure, default 600), MICROVM_BENCH_VERBOSE=1 (every line of the nested host).
set -euo pipefail
cd "$(dirname "$0")/.."
export HOME=${HOME:-/root}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
case ${1:-} in vmm | agent | rollouts) ;; *) echo "usage: tests/bench.sh vmm [NAME ...] | agent | rollouts" >&2; exit 2 ;; esac
bash deploy/prerequisites.sh bench
out=$PWD/artifacts/release
if [ "$1" = vmm ]; then
  bash deploy/build.sh "$out" vmm >&2
  dotnet publish tests/Benchmarks.Nested -c Release -r linux-x64 -v q --nologo -o "$out/.publish/bench-nested" >&2
  install -m 755 "$out/.publish/bench-nested/bench-nested" "$out/bench-nested"
elif [ "$1" = agent ]; then
  bash deploy/build.sh "$out" agent >&2
fi
dotnet build tests/Benchmarks -c Release -v q --nologo >&2
export MICROVM_ROOT=$PWD MICROVM_ARTIFACTS=$out MICROVM_FIGURES=$PWD/src/Vmm/docs/figures.md
exec artifacts/bin/MicroVm.Benchmarks/release/MicroVm.Benchmarks "$@"

#!/usr/bin/env bash
# Prints figures, one line each: "name: measured (goal …) ok|MISSED". Exits 1 when a goal is missed.
#   tests/bench.sh vmm      the VMM beside QEMU microvm on this machine's /dev/kvm; also writes src/Vmm/docs/figures.md
#   tests/bench.sh agent    the agent's memory after its start and after 1,000 reports (about half a minute)
set -euo pipefail
cd "$(dirname "$0")/.."
export HOME=${HOME:-/root}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
case ${1:-} in vmm | agent) ;; *) echo "usage: tests/bench.sh vmm|agent" >&2; exit 2 ;; esac
bash deploy/prerequisites.sh bench
bash deploy/build.sh artifacts/release >&2
dotnet build tests/Benchmarks -c Release -v q --nologo >&2
MICROVM_ARTIFACTS=$PWD/artifacts/release MICROVM_FIGURES=$PWD/src/Vmm/docs/figures.md exec artifacts/bin/MicroVm.Benchmarks/release/MicroVm.Benchmarks "$@"

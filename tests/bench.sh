#!/usr/bin/env bash
# Prints figures, one line each: "name: measured (goal …) ok|MISSED". Exits 1 when a goal is missed.
#   tests/bench.sh vmm      the VMM beside QEMU microvm on this machine's /dev/kvm
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
[ "${1:-}" = vmm ] || { echo "usage: tests/bench.sh vmm" >&2; exit 2; }
bash deploy/prerequisites.sh bench
bash deploy/build.sh artifacts/release >&2
dotnet build tests/Benchmarks -c Release -v q --nologo >&2
MICROVM_ARTIFACTS=$PWD/artifacts/release exec artifacts/bin/MicroVm.Benchmarks/release/MicroVm.Benchmarks "$@"

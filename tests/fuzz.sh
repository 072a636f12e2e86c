#!/usr/bin/env bash
# Plays the VMM's fuzz targets for longer than the tests do, which is 0.3 s each.
#   tests/fuzz.sh [SECONDS] [TARGET ...]     SECONDS for each target (60); all targets, or the ones named, such as: block-sync net http-head
# Each target prints its seed. MICROVM_FUZZ_SEED=N plays the cases of that seed again. Exits 1 when a target found something.
set -uo pipefail
cd "$(dirname "$0")/.."
export HOME=${HOME:-/root}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
seconds=${1:-60}
shift
case $seconds in *[!0-9.]* | '') echo "usage: tests/fuzz.sh [SECONDS] [TARGET ...]; expected a number of seconds, found '$seconds'" >&2; exit 2 ;; esac
export MICROVM_FUZZ_SECONDS=$seconds MICROVM_FUZZ_TARGETS="$*"
results=$PWD/artifacts/test-results
log=$results/fuzz.log
mkdir -p "$results"

dotnet build tests/Vmm.Tests -c Release -v q --nologo >"$results/fuzz-build.log" 2>&1 || { cat "$results/fuzz-build.log" >&2; exit 2; }
artifacts/bin/MicroVm.Vmm.Tests/release/MicroVm.Vmm.Tests -noColor -namespace MicroVm.Vmm.Tests.Fuzzing 2>&1 | tee "$log" | grep -Ev 'Discover|Starting|Finished|^xUnit'
code=${PIPESTATUS[0]}
for target in "$@"; do
  grep -q "fuzz \(target \)\?$target:" "$log" || { echo "microvm: there is no fuzz target $target" >&2; exit 2; }
done
echo "all output: $log"
[ "$code" = 0 ]

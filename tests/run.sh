#!/usr/bin/env bash
# Runs every tier, from unit tests to the virtual device, and closes with "N passed, N failed, N skipped".
#   tests/run.sh [PROJECT ...]     only these, such as: tests/run.sh Shared.Tests Vmm.KvmTests
# Needs root, Debian 12 and the .NET 10 SDK; installs the rest. Logs: artifacts/test-results/.
set -uo pipefail
cd "$(dirname "$0")/.."
export HOME=${HOME:-/root}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
tiers=(Shared.Tests Architecture.Tests Vmm.Tests EdgeAgent.Tests ControlPlane.Tests Vmm.KvmTests System.Tests)
[ $# -gt 0 ] && tiers=("$@")
results=$PWD/artifacts/test-results
release=$PWD/artifacts/release
longest_seconds=4500

bash deploy/prerequisites.sh test || exit 2
mkdir -p "$results"
step() { printf '\n== %s (%s)\n' "$1" "$(date +%T)"; }

# One compiler for all projects, which are many: half the time of one for each. It goes before the tests, which need its memory.
export UseSharedCompilation=true
step "build the solution"
dotnet build MicroVm.sln -c Release -v q --nologo 2>&1 | tee "$results/build.log" | grep -E 'error|warn|Elapsed' | sort -u
[ "${PIPESTATUS[0]}" = 0 ] || { echo "microvm: the build failed (all output: $results/build.log)" >&2; exit 1; }
step "build the release"
bash deploy/build.sh "$release" || exit 1
bash deploy/guest/probe/build.sh "$release" || exit 1
bash deploy/guest/probe/build.sh --arch aarch64 "$release/aarch64" || exit 1
dotnet build-server shutdown --vbcscompiler >/dev/null 2>&1
export MICROVM_ARTIFACTS=$release MICROVM_TEST_RESULTS=$results

if [ ! -c /dev/kvm ] || ! { : <>/dev/kvm; } 2>/dev/null; then
  echo "microvm: /dev/kvm is not there or cannot be opened: the kvm tier will be skipped"
fi

passed=0 failed=0 skipped=0
for tier in "${tiers[@]}"; do
  step "$tier"
  log=$results/$tier.log
  program=$(echo "$tier" | sed 's/^System\./System./')
  timeout -k 30 "$longest_seconds" "artifacts/bin/MicroVm.$program/release/MicroVm.$program" -noColor 2>&1 | tee "$log"
  code=${PIPESTATUS[0]}
  # xunit closes with: Total: 3, Errors: 0, Failed: 1, Skipped: 1, Not Run: 0, Time: 0.129s
  summary=$(grep -Eo 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+' "$log" | tail -n 1)
  if [ -z "$summary" ]; then
    echo "microvm: $tier ended without a summary (exit code $code); counted as one failure" >&2
    failed=$((failed + 1))
    continue
  fi
  read -r total errors bad skip <<<"$(echo "$summary" | tr -dc '0-9 \n')"
  [ "$code" != 0 ] && [ $((errors + bad)) = 0 ] && errors=1
  [ "$total" = 0 ] && { echo "microvm: $tier has no tests; counted as one failure" >&2; errors=1; }
  passed=$((passed + total - bad - skip)) failed=$((failed + bad + errors)) skipped=$((skipped + skip))
done

printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]

#!/usr/bin/env bash
# Cuts the power of a virtual device, or kills its agent, at random moments of its life and checks that nothing is lost or left behind:
#   tests/powercut.sh [COUNT [SEED]]     (default: 50 times; the seed is printed, and repeats a run's choices)
# About half a minute each. tests/run.sh does a few.
set -euo pipefail
cd "$(dirname "$0")/.."
export HOME=${HOME:-/root}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
export MICROVM_POWER_CUTS=${1:-50} MICROVM_ARTIFACTS=$PWD/artifacts/release MICROVM_TEST_RESULTS=$PWD/artifacts/test-results
[ $# -lt 2 ] || export MICROVM_POWER_CUT_SEED=$2
bash deploy/prerequisites.sh test
bash deploy/build.sh "$MICROVM_ARTIFACTS" vmm init agent mvm guest device controlplane sample
dotnet build tests/System.Tests -c Release -v q --nologo
mkdir -p "$MICROVM_TEST_RESULTS"
exec artifacts/bin/MicroVm.System.Tests/release/MicroVm.System.Tests -noColor -class '*PowerCutTests' -showLiveOutput

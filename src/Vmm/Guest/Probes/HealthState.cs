using MicroVm.Shared.Contracts.Guest;

namespace MicroVm.Vmm.Guest.Probes;

/// <summary>What the probes have found so far.</summary>
/// <param name="StartedUp">The start-up probe has succeeded, or there is none.</param>
/// <param name="Ready">The readiness probe says yes, or there is none and the workload has started up.</param>
/// <param name="Message">What the probe that says no found; empty when none does.</param>
/// <param name="Fault">Which probe failed for good, so that the workload is to be ended; <see cref="GuestExitCause.Ended"/> while none has.</param>
/// <param name="Startup">Its run of findings.</param>
/// <param name="Liveness">Its run of findings.</param>
/// <param name="Readiness">Its run of findings.</param>
internal sealed record HealthState(
    bool StartedUp, bool Ready, string Message, GuestExitCause Fault, ProbeRun Startup, ProbeRun Liveness, ProbeRun Readiness);

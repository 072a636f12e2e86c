using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;

namespace MicroVm.Vmm.Guest.Probes;

/// <summary>
/// What findings mean, as the kubelet has it: an answer changes after so many equal findings in a row; until the start-up probe has
/// succeeded there is no other, and then it is never asked again; start-up and liveness end the workload, readiness never does.
/// </summary>
internal static class HealthDecisions
{
    /// <summary>What holds when the workload has been started and nothing has been looked at.</summary>
    internal static HealthState Begin(ProbeSet probes)
    {
        bool startedUp = probes.Startup is null;
        return new HealthState(startedUp, startedUp && probes.Readiness is null, "", GuestExitCause.Ended, default, default, default);
    }

    /// <summary>Whether a probe is to look now.</summary>
    internal static bool Looks(HealthState state, ProbeRole role) =>
        state.Fault == GuestExitCause.Ended && (role == ProbeRole.Startup ? !state.StartedUp : state.StartedUp);

    /// <summary>Takes what one look found.</summary>
    internal static HealthState Next(ProbeSet probes, HealthState state, ProbeRole role, ProbeFinding finding)
    {
        if (!Looks(state, role))
        {
            return state;
        }

        return role switch
        {
            ProbeRole.Startup => NextStartup(probes, state, finding),
            ProbeRole.Liveness => NextLiveness(probes.Liveness!, state, finding),
            _ => NextReadiness(probes.Readiness!, state, finding),
        };
    }

    private static HealthState NextStartup(ProbeSet probes, HealthState state, ProbeFinding finding)
    {
        HealthState next = state with { Startup = state.Startup.With(finding.IsSuccess) };
        if (!IsAnswer(probes.Startup!, next.Startup))
        {
            return finding.IsSuccess ? next : next with { Message = finding.Text };
        }

        return finding.IsSuccess
            ? next with { StartedUp = true, Ready = probes.Readiness is null, Message = "" }
            : next with { Fault = GuestExitCause.StartupProbeFailed, Message = finding.Text };
    }

    private static HealthState NextLiveness(Probe probe, HealthState state, ProbeFinding finding)
    {
        HealthState next = state with { Liveness = state.Liveness.With(finding.IsSuccess) };
        return !finding.IsSuccess && IsAnswer(probe, next.Liveness)
            ? next with { Fault = GuestExitCause.LivenessProbeFailed, Ready = false, Message = finding.Text }
            : next;
    }

    private static HealthState NextReadiness(Probe probe, HealthState state, ProbeFinding finding)
    {
        HealthState next = state with { Readiness = state.Readiness.With(finding.IsSuccess) };
        if (!IsAnswer(probe, next.Readiness))
        {
            // Before it was ever ready, what keeps it from that is worth saying at once.
            return finding.IsSuccess || state.Ready ? next : next with { Message = finding.Text };
        }

        return finding.IsSuccess ? next with { Ready = true, Message = "" } : next with { Ready = false, Message = finding.Text };
    }

    private static bool IsAnswer(Probe probe, ProbeRun run) => run.Count >= (run.IsSuccess ? probe.SuccessThreshold : probe.FailureThreshold);
}

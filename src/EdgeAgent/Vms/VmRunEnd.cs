using MicroVm.EdgeAgent.Planning;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>A run is over. Pure: says what the record becomes.</summary>
/// <param name="Silent">How it ended when the guest did not say.</param>
/// <param name="WasStopped">The agent wanted it to end.</param>
/// <param name="At">When.</param>
/// <param name="Fraction">A random number from 0 to 1, as <see cref="BackOff.Delay"/> takes it.</param>
internal sealed record VmRunEnd(VmExit Silent, bool WasStopped, DateTimeOffset At, double Fraction)
{
    /// <summary>The record after the end of its run.</summary>
    internal VmRecord Apply(VmRecord record)
    {
        if (WasStopped)
        {
            return Stopped(record);
        }

        VmExit exit = record.Exit ?? Silent;
        TimeSpan lived = At - (record.Run?.StartedAt ?? At);
        bool jobDone = record.Spec.Kind == WorkloadKind.Job && !exit.IsFailure;
        int crashes = jobDone ? 0 : lived >= BackOff.ResetAfter ? 1 : record.Crashes + 1;
        return record with
        {
            Run = null,
            Exit = exit,
            LastExitCode = exit.Code ?? record.LastExitCode,
            Crashes = crashes,
            RetryAt = jobDone || exit.IsForGood ? null : At + BackOff.Delay(crashes, Fraction),
            Phase = VmPlanner.PhaseAfter(record.Spec.RestartPolicy, exit),
        };
    }

    /// <summary>The record after a stop: as if this specification had never ended, so that it may be wanted again.</summary>
    internal static VmRecord Stopped(VmRecord record) => record with
    {
        Run = null,
        Exit = null,
        Crashes = 0,
        RetryAt = null,
        Phase = VmPhase.Pending,
    };
}

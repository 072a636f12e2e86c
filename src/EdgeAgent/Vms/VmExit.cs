using MicroVm.Shared.Contracts.Guest;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>How a run ended.</summary>
/// <param name="Code">Exit code of the workload, 128 + signal when one ended it; null when the VM ended without saying.</param>
/// <param name="Message">One line about a failure; empty when there is nothing to say.</param>
/// <param name="At">When.</param>
/// <param name="Cause">Why, as far as the guest knows.</param>
/// <param name="JudgedBy">Version of the agent that found that this specification can never run here; empty when it may.</param>
internal sealed record VmExit(int? Code, string Message, DateTimeOffset At, GuestExitCause Cause = GuestExitCause.Ended, string JudgedBy = "")
{
    /// <summary>The word for a VMM that the host's kernel killed for want of memory.</summary>
    internal const string VmmOutOfMemory = nameof(VmmOutOfMemory);

    /// <summary>The specification is not tried again, whatever its restart policy.</summary>
    internal bool IsForGood => JudgedBy.Length > 0;

    /// <summary>True unless the workload ended with code 0.</summary>
    internal bool IsFailure => Code != 0 || Cause != GuestExitCause.Ended;

    /// <summary>One word for a failure, as in a VM's status.</summary>
    internal string Reason => (Code, Cause) switch
    {
        (null, GuestExitCause.OutOfMemory) => VmmOutOfMemory,
        (null, _) => IsForGood ? "VmmRefused" : "VmmEnded",
        (_, GuestExitCause.NotStarted) => "WorkloadNotStarted",
        (_, GuestExitCause.OutOfMemory) => nameof(GuestExitCause.OutOfMemory),
        (_, GuestExitCause.LivenessProbeFailed) => nameof(GuestExitCause.LivenessProbeFailed),
        (_, GuestExitCause.StartupProbeFailed) => nameof(GuestExitCause.StartupProbeFailed),
        (0, _) => "WorkloadEnded",
        _ => "WorkloadFailed",
    };

    /// <summary>One line about it for people.</summary>
    internal string Text => (Code, Message) switch
    {
        (null, _) => Message,
        (int code, "") when Cause == GuestExitCause.OutOfMemory => $"the guest ran out of memory and its kernel killed the workload (code {code})",
        (_, _) when Cause is GuestExitCause.LivenessProbeFailed => $"ended because its liveness probe failed: {Message}",
        (_, _) when Cause is GuestExitCause.StartupProbeFailed => $"ended because its start-up probe failed: {Message}",
        (int code, "") => $"the workload ended with code {code}",
        (0, _) => Message,
        (int code, _) => $"{Message} (code {code})",
    };
}

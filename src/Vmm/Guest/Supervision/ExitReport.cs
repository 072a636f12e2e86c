using MicroVm.Shared.Contracts.Guest;
using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Guest.Supervision;

/// <summary>What is said about the end of a workload.</summary>
internal static class ExitReport
{
    private const int Killed = 128 + 9;

    /// <summary>Finds the cause.</summary>
    /// <param name="exitCode">How the process ended.</param>
    /// <param name="startFailure">Why it was not started; null when it was.</param>
    /// <param name="probeFault">Which probe had it ended; <see cref="GuestExitCause.Ended"/> for none.</param>
    /// <param name="probeText">What that probe found.</param>
    /// <param name="kills">Processes that the kernel killed for want of memory while it ran.</param>
    /// <param name="lastKilled">The last of them; empty when it is not known.</param>
    /// <param name="killedHere">Init killed it itself.</param>
    internal static GuestExited From(
        int exitCode, WorkloadException? startFailure, GuestExitCause probeFault, string probeText, ulong kills, string lastKilled, bool killedHere)
    {
        if (startFailure is not null)
        {
            return new GuestExited(startFailure.ExitCode, startFailure.Message, GuestExitCause.NotStarted);
        }

        if (probeFault != GuestExitCause.Ended)
        {
            return new GuestExited(exitCode, probeText, probeFault);
        }

        if (kills == 0)
        {
            return new GuestExited(exitCode, "");
        }

        string message = $"the guest had no memory left: the kernel killed {(lastKilled.Length > 0 ? $"process {lastKilled}" : "a process")}"
            + (kills > 1 ? $", the last of {kills}" : "");
        return new GuestExited(exitCode, message, exitCode == Killed && !killedHere ? GuestExitCause.OutOfMemory : GuestExitCause.Ended);
    }
}

using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Interop;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>A process that the agent started or adopted, held by a pidfd, so that its pid cannot come to mean another.</summary>
internal sealed class WatchedProcess(int pid, SafeFileHandle pidfd)
{
    private readonly TaskCompletionSource<int?> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Its process id.</summary>
    internal int Pid { get; } = pid;

    /// <summary>Readable once the process has ended.</summary>
    internal SafeFileHandle Pidfd { get; } = pidfd;

    /// <summary>Completes when the process has ended: its exit code, 128 + signal, or null when it was not this process's child.</summary>
    internal Task<int?> Exited => _exited.Task;

    /// <summary>Sends a signal; nothing happens when the process has ended.</summary>
    internal void Signal(int signal)
    {
        if (!Exited.IsCompleted)
        {
            FaultPoints.Before(FaultPoint.Signal);
            _ = Libc.PidfdSendSignal(Pidfd, signal);
            FaultPoints.After(FaultPoint.Signal);
        }
    }

    /// <summary>Reaps the process when it is a child and tells who waits. Called once, by the watcher.</summary>
    internal void Complete() => _exited.TrySetResult(Libc.TryReap(Pid));
}

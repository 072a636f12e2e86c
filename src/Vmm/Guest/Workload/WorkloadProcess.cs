using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Logs;

namespace MicroVm.Vmm.Guest.Workload;

/// <summary>The workload: its process, its two output pipes and the pipe that tells whether it could be started.</summary>
internal sealed class WorkloadProcess
{
    private const int KillNow = 9;

    private readonly int _stopSignal;

    private WorkloadProcess(OutputPipe stdout, OutputPipe stderr, StageStatus status, int pid, int stopSignal)
    {
        Stdout = stdout;
        Stderr = stderr;
        Status = status;
        Pid = pid;
        _stopSignal = stopSignal;
    }

    /// <summary>Process id, also that of its process group.</summary>
    internal int Pid { get; }

    internal OutputPipe Stdout { get; }

    internal OutputPipe Stderr { get; }

    internal StageStatus Status { get; }

    /// <summary>Starts the exec stage.</summary>
    /// <exception cref="OsFaultException">It could not be started.</exception>
    internal static WorkloadProcess Start(StageLauncher launcher, WorkloadPlan plan, int stopSignal, LogBuffer logs)
    {
        OutputPipe stdout = new(LogStream.Stdout, logs);
        OutputPipe stderr = new(LogStream.Stderr, logs);
        StageStatus status = new();
        int nullFd = Fd.Open("/dev/null", Fd.ReadOnly);
        // A program that runs as somebody else opens /dev/stdout anew, which asks for the pipe's permissions.
        _ = Libc.fchown(stdout.WriteEnd, plan.Identity.Uid, plan.Identity.Gid);
        _ = Libc.fchown(stderr.WriteEnd, plan.Identity.Uid, plan.Identity.Gid);

        int pid = launcher.Start(plan, nullFd, stdout.WriteEnd, stderr.WriteEnd, status.WriteEnd);
        foreach (int fd in (ReadOnlySpan<int>)[nullFd, stdout.WriteEnd, stderr.WriteEnd, status.WriteEnd])
        {
            _ = Libc.close(fd);
        }

        return new WorkloadProcess(stdout, stderr, status, pid, stopSignal);
    }

    /// <summary>Asks the workload's process group to end.</summary>
    internal void AskToEnd() => ProcessGroup.Signal(Pid, _stopSignal);

    /// <summary>Ends the workload's process group.</summary>
    internal void End() => ProcessGroup.Signal(Pid, KillNow);

    /// <summary>Takes what is still in the output pipes. What the workload left running is killed: it goes with the guest anyway.</summary>
    internal void DrainOutput()
    {
        _ = Libc.kill(-1, KillNow);
        Stdout.Drain();
        Stderr.Drain();
    }
}

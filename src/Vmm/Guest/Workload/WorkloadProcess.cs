using System.Text;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Vmm.Guest.Boot;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Logs;

namespace MicroVm.Vmm.Guest.Workload;

/// <summary>The workload: its process, its two output pipes and the pipe that tells whether it could be started.</summary>
internal sealed unsafe class WorkloadProcess
{
    private const string Self = "/proc/self/exe";
    private const int Terminate = 15;
    private const int KillNow = 9;
    private const int StatusLimitBytes = 4096;

    /// <summary>Room for an opaque posix_spawn_file_actions_t, which is 80 bytes in the C library of x86_64 and aarch64.</summary>
    internal const int FileActionsBytes = 256;

    private readonly byte[] _status = new byte[StatusLimitBytes];
    private int _statusLength;

    private WorkloadProcess(OutputPipe stdout, OutputPipe stderr, int statusFd, int pid)
    {
        Stdout = stdout;
        Stderr = stderr;
        StatusFd = statusFd;
        Pid = pid;
    }

    /// <summary>Process id, also that of its process group.</summary>
    internal int Pid { get; }

    internal OutputPipe Stdout { get; }

    internal OutputPipe Stderr { get; }

    /// <summary>Readable when <see cref="ReadStatus"/> has something to say.</summary>
    internal int StatusFd { get; }

    /// <summary>Whether <see cref="ReadStatus"/> was told the end of the exec stage.</summary>
    internal bool StatusKnown { get; private set; }

    /// <summary>Why the workload was not started; null while that is not known to have happened.</summary>
    internal WorkloadException? StartFailure { get; private set; }

    /// <summary>Starts the exec stage.</summary>
    /// <exception cref="OsFaultException">It could not be started.</exception>
    internal static WorkloadProcess Start(WorkloadPlan plan, LogBuffer logs)
    {
        Mounts.MakeDirectories(plan.WorkingDirectory);
        OutputPipe stdout = new(LogStream.Stdout, logs);
        OutputPipe stderr = new(LogStream.Stderr, logs);
        (int statusRead, int statusWrite) = Pipes.Make("status");
        int nullFd = Fd.Open("/dev/null", Fd.ReadOnly);
        // A program that runs as somebody else opens /dev/stdout anew, which asks for the pipe's permissions.
        _ = Libc.fchown(stdout.WriteEnd, plan.Identity.Uid, plan.Identity.Gid);
        _ = Libc.fchown(stderr.WriteEnd, plan.Identity.Uid, plan.Identity.Gid);

        int pid = Spawn(ExecStage.ArgumentsFor(plan), [nullFd, stdout.WriteEnd, stderr.WriteEnd, statusWrite]);
        foreach (int fd in (ReadOnlySpan<int>)[nullFd, stdout.WriteEnd, stderr.WriteEnd, statusWrite])
        {
            _ = Libc.close(fd);
        }

        return new WorkloadProcess(stdout, stderr, statusRead, pid);
    }

    /// <summary>Reads what the exec stage says.</summary>
    /// <returns>True when the stage is over: the workload runs, or <see cref="StartFailure"/> says why it does not.</returns>
    internal bool ReadStatus()
    {
        int count;
        while ((count = Fd.Read(StatusFd, _status.AsSpan(_statusLength), "status")) > 0)
        {
            _statusLength += count;
        }

        if (count == Fd.WouldBlock)
        {
            return false;
        }

        StatusKnown = true;
        if (_statusLength > 0)
        {
            StartFailure = new WorkloadException(_status[0], Encoding.UTF8.GetString(_status.AsSpan(1, _statusLength - 1)));
        }

        return true;
    }

    /// <summary>Asks the workload's process group to end.</summary>
    internal void AskToEnd() => Signal(Terminate);

    /// <summary>Ends the workload's process group.</summary>
    internal void End() => Signal(KillNow);

    /// <summary>Takes what is still in the output pipes. What the workload left running is killed: it goes with the guest anyway.</summary>
    internal void DrainOutput()
    {
        _ = Libc.kill(-1, KillNow);
        Stdout.Drain();
        Stderr.Drain();
    }

    private void Signal(int signal)
    {
        // Before the exec stage has its own group there is only the process.
        if (Libc.kill(-Pid, signal) != 0)
        {
            _ = Libc.kill(Pid, signal);
        }
    }

    private static int Spawn(List<string> arguments, ReadOnlySpan<int> descriptors)
    {
        byte* actions = stackalloc byte[FileActionsBytes];
        using NativeStrings argv = new(arguments);
        using NativeStrings environment = new([]);
        int pid;
        // SAFETY: the buffer is larger than the opaque structure; the C library copies what it needs before it returns.
        Require(Libc.posix_spawn_file_actions_init(actions), "posix_spawn_file_actions_init");
        for (int i = 0; i < descriptors.Length; i++)
        {
            Require(Libc.posix_spawn_file_actions_adddup2(actions, descriptors[i], i), "posix_spawn_file_actions_adddup2");
        }

        Require(Libc.posix_spawn(&pid, Self, actions, null, argv.Pointer, environment.Pointer), "posix_spawn");
        _ = Libc.posix_spawn_file_actions_destroy(actions);
        return pid;
    }

    private static void Require(int error, string call)
    {
        if (error != 0)
        {
            throw new OsFaultException(call, Self, error);
        }
    }
}

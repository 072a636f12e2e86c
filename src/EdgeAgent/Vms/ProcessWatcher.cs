using System.Runtime.InteropServices;
using MicroVm.EdgeAgent.Interop;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>
/// Waits for the end of processes: one thread that polls their pidfds. Works for children and for adopted processes, which
/// SIGCHLD and waitpid do not.
/// </summary>
internal sealed class ProcessWatcher : IDisposable
{
    private const int StackBytes = 256 << 10;

    private readonly Lock _lock = new();
    private readonly List<WatchedProcess> _processes = [];
    private readonly List<WatchedProcess> _released = [];
    private readonly SafeFileHandle _wake = Libc.Eventfd();
    private readonly Thread _thread;
    private bool _disposed;

    internal ProcessWatcher()
    {
        _thread = new Thread(Run, StackBytes) { IsBackground = true, Name = "process-watcher" };
        _thread.Start();
    }

    /// <summary>Begins to watch a process; null when there is none of that id.</summary>
    /// <exception cref="OsFaultException">The process cannot be watched.</exception>
    internal WatchedProcess? Watch(int pid)
    {
        if (Libc.PidfdOpen(pid) is not SafeFileHandle pidfd)
        {
            return null;
        }

        WatchedProcess process = new(pid, pidfd);
        lock (_lock)
        {
            _processes.Add(process);
        }

        Libc.SignalEventfd(_wake);
        return process;
    }

    /// <summary>Stops watching one process, which turned out to be another's.</summary>
    internal void Release(WatchedProcess? process)
    {
        if (process is null)
        {
            return;
        }

        lock (_lock)
        {
            if (_processes.Remove(process))
            {
                _released.Add(process);
            }
        }

        Libc.SignalEventfd(_wake);
    }

    /// <summary>Stops watching. The processes go on.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        Libc.SignalEventfd(_wake);
        _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            WatchedProcess[] processes;
            lock (_lock)
            {
                if (_disposed)
                {
                    return;
                }

                _released.ForEach(process => process.Pidfd.Dispose());
                _released.Clear();
                processes = [.. _processes];
            }

            WaitForAny(processes);
        }
    }

    private void WaitForAny(WatchedProcess[] processes)
    {
        PollFd[] fds = new PollFd[processes.Length + 1];
        fds[^1] = Entry(_wake);
        for (int i = 0; i < processes.Length; i++)
        {
            fds[i] = Entry(processes[i].Pidfd);
        }

        Libc.Poll(fds);
        if (fds[^1].Revents != 0)
        {
            Libc.DrainEventfd(_wake);
        }

        for (int i = 0; i < processes.Length; i++)
        {
            if (fds[i].Revents != 0)
            {
                End(processes[i]);
            }
        }
    }

    private void End(WatchedProcess process)
    {
        lock (_lock)
        {
            _processes.Remove(process);
        }

        process.Complete();
        process.Pidfd.Dispose();
    }

    /// <summary>Descriptors stay open while they are polled: only this thread closes them.</summary>
    private static PollFd Entry(SafeHandle handle) => new() { Fd = (int)handle.DangerousGetHandle(), Events = PollFd.Readable };
}

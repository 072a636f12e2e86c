using System.Runtime.InteropServices;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Vmm.Guest.Boot;
using MicroVm.Vmm.Guest.Interop;
using MicroVm.Vmm.Guest.Supervision;
using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Guest.Sessions;

/// <summary>
/// Answers sessions on vsock port <see cref="SessionFrame.GuestPort"/>, at most <see cref="MostSessions"/> at a time, while the
/// workload runs. Only the host is answered: a program of the guest gets nothing that it would not have itself.
/// </summary>
internal sealed unsafe class SessionServer(EventLoop loop, StageLauncher launcher)
{
    /// <summary>Most sessions at a time.</summary>
    internal const int MostSessions = 16;

    /// <summary>What a connection has to say what it wants, in milliseconds.</summary>
    internal const int OpenMilliseconds = 10_000;

    private const int FamilyVsock = 40;
    private const int TypeStream = 1;
    private const uint AnyCid = uint.MaxValue;
    private const uint HostCid = 2;

    private readonly List<SessionConnection> _sessions = [];
    private GuestConfig? _workload;
    private string _refusal = "the workload has not been started yet";
    private int _listener = -1;

    /// <summary>When <see cref="ServeDeadlines"/> has something to do, by <see cref="Environment.TickCount64"/>.</summary>
    internal long Due
    {
        get
        {
            long due = long.MaxValue;
            foreach (SessionConnection session in _sessions)
            {
                due = Math.Min(due, Math.Min(session.OpenDue, session.Task?.Due ?? long.MaxValue));
            }

            return due;
        }
    }

    /// <summary>Sessions that are open or whose program has not ended yet.</summary>
    internal int Count => _sessions.Count;

    /// <summary>Begins to listen. A guest without vsock has no sessions, and says so on its console.</summary>
    internal void Listen()
    {
        _listener = Libc.socket(FamilyVsock, TypeStream | Fd.NonBlock | Fd.CloseOnExec, 0);
        SockAddrVm address = new() { Family = FamilyVsock, Port = SessionFrame.GuestPort, Cid = AnyCid };
        // SAFETY: the kernel copies the structure during the call.
        if (_listener < 0 || Libc.bind(_listener, &address, (uint)sizeof(SockAddrVm)) != 0 || Libc.listen(_listener, MostSessions) != 0)
        {
            GuestConsole.WriteLine($"no sessions: {OsFaultException.FromLastError("listen", $"vsock port {SessionFrame.GuestPort}").Message}");
            return;
        }

        loop.Watch(_listener, EventLoop.In, _ => Accept());
    }

    /// <summary>The workload runs: sessions get what it has.</summary>
    internal void Allow(GuestConfig workload) => _workload = workload;

    /// <summary>The workload is over: its sessions end with it and there are no new ones.</summary>
    internal void Refuse(string reason)
    {
        _workload = null;
        _refusal = reason;
        foreach (SessionConnection session in _sessions)
        {
            if (session.Task is ExecTask task)
            {
                task.Fault = reason;
            }
        }
    }

    /// <summary>Serves a connection, a non-blocking stream socket that is closed here.</summary>
    internal void Adopt(int fd)
    {
        Sweep();
        SessionConnection session = new(loop, fd, Environment.TickCount64 + OpenMilliseconds, Open);
        if (_sessions.Count >= MostSessions)
        {
            session.Finish(WorkloadException.NotStarted, $"expected fewer than {MostSessions} sessions of this guest, found as many");
            return;
        }

        _sessions.Add(session);
    }

    /// <summary>Takes the end of a child; false when it is none of a session.</summary>
    internal bool TakeEnd(int pid, int exitCode)
    {
        foreach (SessionConnection session in _sessions)
        {
            if (session.Task is not null && session.Task.TakeEnd(pid, exitCode))
            {
                Sweep();
                return true;
            }
        }

        return false;
    }

    /// <summary>Does what is due and forgets the sessions that are over.</summary>
    internal void ServeDeadlines(long now)
    {
        foreach (SessionConnection session in _sessions)
        {
            if (session.OpenDue <= now)
            {
                session.Finish(WorkloadException.NotStarted, $"expected an opening within {OpenMilliseconds / 1000} s, found none");
                session.Drop();
            }

            if (session.Task is ISessionTask task && task.Due <= now)
            {
                task.ServeDeadline(now);
            }
        }

        Sweep();
    }

    private void Sweep() => _sessions.RemoveAll(static session => session.IsOver);

    private void Accept()
    {
        SockAddrVm peer;
        uint length = (uint)sizeof(SockAddrVm);
        // SAFETY: the kernel writes at most one structure.
        int fd = Libc.accept4(_listener, &peer, &length, Fd.NonBlock | Fd.CloseOnExec);
        if (fd < 0)
        {
            return;
        }

        if (peer.Cid != HostCid)
        {
            _ = Libc.close(fd);
            return;
        }

        Adopt(fd);
    }

    private ISessionTask? Open(SessionConnection session, SessionOpen open)
    {
        if (_workload is not GuestConfig workload)
        {
            session.Finish(open.Kind == SessionKind.Exec ? WorkloadException.NotStarted : 0, _refusal);
            return null;
        }

        switch (open.Kind)
        {
            case SessionKind.Exec:
                return StartExec(session, open, workload);
            case SessionKind.Forward when open.Port > 0:
                return new ForwardTask(loop, session, open.Port);
            default:
                session.Finish(0, "expected a program or a port, found neither");
                return null;
        }
    }

    private ExecTask? StartExec(SessionConnection session, SessionOpen open, GuestConfig workload)
    {
        try
        {
            return ExecTask.Start(loop, session, launcher, ExecPlan.From(workload, open, AccountFiles.Load()), open);
        }
        catch (WorkloadException e)
        {
            session.Finish(e.ExitCode, e.Message);
        }
        catch (Exception e) when (e is OsFaultException or InvalidDataException)
        {
            session.Finish(WorkloadException.NotStarted, e.Message);
        }

        return null;
    }
}

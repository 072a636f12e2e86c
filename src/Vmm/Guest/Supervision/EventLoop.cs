using System.Runtime.InteropServices;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Supervision;

/// <summary>A level-triggered epoll(7) loop on the only thread.</summary>
internal sealed unsafe class EventLoop
{
    internal const uint In = 0x001;
    internal const uint Out = 0x004;

    /// <summary>EPOLLRDHUP: the other side of a socket sends no more.</summary>
    internal const uint PeerClosed = 0x2000;

    private const int CtlAdd = 1;
    private const int CtlDelete = 2;
    private const int CtlModify = 3;

    private readonly int _epollFd = OsFaultException.Check(Libc.epoll_create1(Fd.CloseOnExec), "epoll_create1", "event loop");
    private readonly Dictionary<int, Watched> _watched = [];

    /// <summary>
    /// Calls <paramref name="onReady"/> with the epoll bits whenever the descriptor is ready. Error and hang-up count too, unless
    /// <paramref name="events"/> is 0: then nothing does until <see cref="Change"/>.
    /// </summary>
    internal void Watch(int fd, uint events, Action<uint> onReady)
    {
        _watched.Add(fd, new Watched(onReady, events));
        if (events != 0)
        {
            Control(CtlAdd, fd, events);
        }
    }

    /// <summary>Changes what a watched descriptor waits for.</summary>
    internal void Change(int fd, uint events)
    {
        ref Watched watched = ref CollectionsMarshal.GetValueRefOrNullRef(_watched, fd);
        uint before = watched.Events;
        if (before != events)
        {
            watched = watched with { Events = events };
            // Error and hang-up cannot be switched off otherwise, and would come for ever.
            Control(events == 0 ? CtlDelete : before == 0 ? CtlAdd : CtlModify, fd, events);
        }
    }

    /// <summary>Stops watching.</summary>
    internal void Forget(int fd)
    {
        if (_watched.Remove(fd, out Watched watched) && watched.Events != 0)
        {
            Control(CtlDelete, fd, 0);
        }
    }

    /// <summary>Stops watching and closes.</summary>
    internal void Close(int fd)
    {
        Forget(fd);
        _ = Libc.close(fd);
    }

    /// <summary>Waits at most this long (-1: without limit) and serves one descriptor, so that no event is for one already closed.</summary>
    internal void ServeOne(int timeoutMilliseconds)
    {
        EpollEvent ready;
        // SAFETY: room for the one event that is asked for.
        int count = Libc.epoll_wait(_epollFd, &ready, 1, timeoutMilliseconds);
        if (count == 1 && _watched.TryGetValue((int)ready.Data, out Watched watched))
        {
            watched.OnReady(ready.Events);
        }
    }

    private void Control(int operation, int fd, uint events)
    {
        EpollEvent request = new() { Events = events, Data = (uint)fd };
        // SAFETY: the kernel copies the structure during the call.
        OsFaultException.Check(Libc.epoll_ctl(_epollFd, operation, fd, &request), "epoll_ctl", $"fd {fd}");
    }

    private readonly record struct Watched(Action<uint> OnReady, uint Events);
}

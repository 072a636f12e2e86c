using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.EventLoop;

/// <summary>
/// An epoll(7) loop on one thread, level-triggered where nothing else is asked for. Registration and removal happen on the loop's
/// thread or before it runs; <see cref="Post"/> and <see cref="Stop"/> are for any thread. No allocation per event.
/// </summary>
internal sealed unsafe class EpollLoop : IDisposable
{
    internal const uint In = 0x001;
    internal const uint Out = 0x004;
    internal const uint Error = 0x008;
    internal const uint HangUp = 0x010;

    /// <summary>Reports each signal once, whether or not it is consumed.</summary>
    internal const uint EdgeTriggered = 1u << 31;

    private const int EpollCloseOnExec = 0x80000;
    private const int CtlAdd = 1;
    private const int CtlDelete = 2;
    private const int CtlModify = 3;
    private const int Eintr = 4;
    private const int BatchSize = 32;

    private readonly int _epollFd;
    private readonly EventFd _wakeUp = new();
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly List<(IEventSource? Source, uint Token, uint Generation)> _slots = [];
    private readonly Dictionary<int, int> _slotOfFd = [];
    private readonly Stack<int> _freeSlots = new();
    private volatile bool _stopping;

    internal EpollLoop()
    {
        _epollFd = Libc.epoll_create1(EpollCloseOnExec);
        if (_epollFd < 0)
        {
            throw OsFaultException.FromLastError("epoll_create1");
        }

        Add(_wakeUp.Fd, In, new WakeUpSource(this), 0);
    }

    /// <summary>Watches <paramref name="fd"/> for <paramref name="events"/> (epoll bits; error and hang-up always come).</summary>
    /// <exception cref="OsFaultException">epoll refused the descriptor (EPERM: it is a file that is always ready); nothing is registered.</exception>
    internal void Add(int fd, uint events, IEventSource source, uint token)
    {
        if (!_freeSlots.TryPop(out int slot))
        {
            slot = _slots.Count;
            _slots.Add(default);
        }

        uint generation = _slots[slot].Generation + 1;
        if (!TryControl(CtlAdd, fd, events, slot, generation))
        {
            OsFaultException fault = OsFaultException.FromLastError("epoll_ctl", $"fd {fd}");
            _freeSlots.Push(slot);
            throw fault;
        }

        _slots[slot] = (source, token, generation);
        _slotOfFd.Add(fd, slot);
    }

    /// <summary>Changes the watched events; zero keeps the registration and mutes it.</summary>
    internal void Modify(int fd, uint events)
    {
        int slot = _slotOfFd[fd];
        Control(CtlModify, fd, events, slot, _slots[slot].Generation);
    }

    /// <summary>Stops watching; call before closing the descriptor. Events already fetched for it are dropped.</summary>
    internal void Remove(int fd)
    {
        if (_slotOfFd.Remove(fd, out int slot))
        {
            _slots[slot] = (null, 0, _slots[slot].Generation);
            _freeSlots.Push(slot);
            Control(CtlDelete, fd, 0, slot, 0);
        }
    }

    /// <summary>Runs <paramref name="action"/> soon on the loop's thread.</summary>
    internal void Post(Action action)
    {
        _posted.Enqueue(action);
        _wakeUp.Signal();
    }

    /// <summary>Lets <see cref="Run"/> return.</summary>
    internal void Stop()
    {
        _stopping = true;
        _wakeUp.Signal();
    }

    /// <summary>Dispatches until <see cref="Stop"/>.</summary>
    internal void Run()
    {
        while (!_stopping)
        {
            RunOnce(-1);
        }
    }

    /// <summary>Waits once, at most <paramref name="timeoutMilliseconds"/> (-1: without limit), and dispatches what is ready.</summary>
    internal void RunOnce(int timeoutMilliseconds)
    {
        EpollEvent* ready = stackalloc EpollEvent[BatchSize];
        // SAFETY: the buffer has BatchSize entries.
        int count = Libc.epoll_wait(_epollFd, ready, BatchSize, timeoutMilliseconds);
        if (count < 0)
        {
            // A signal may come at any time, also from the runtime: no exception is made for it, the loop allocates nothing.
            if (Marshal.GetLastPInvokeError() == Eintr)
            {
                return;
            }

            throw OsFaultException.FromLastError("epoll_wait");
        }

        for (int i = 0; i < count; i++)
        {
            // SAFETY: one of the entries that were written.
            EpollEvent* entry = EpollEvent.At(ready, i);
            (IEventSource? source, uint token, uint generation) = _slots[(int)(uint)entry->Data];
            if (source is not null && generation == (uint)(entry->Data >> 32))
            {
                source.OnReady(entry->Events, token);
            }
        }
    }

    public void Dispose()
    {
        _ = Libc.close(_epollFd);
        _wakeUp.Dispose();
    }

    private void Control(int operation, int fd, uint events, int slot, uint generation)
    {
        if (!TryControl(operation, fd, events, slot, generation))
        {
            throw OsFaultException.FromLastError("epoll_ctl", $"fd {fd}");
        }
    }

    private bool TryControl(int operation, int fd, uint events, int slot, uint generation)
    {
        EpollEvent request = new() { Events = events, Data = (uint)slot | ((ulong)generation << 32) };
        // SAFETY: the kernel copies the structure during the call.
        return Libc.epoll_ctl(_epollFd, operation, fd, &request) == 0;
    }

    private sealed class WakeUpSource(EpollLoop loop) : IEventSource
    {
        public void OnReady(uint events, uint token)
        {
            loop._wakeUp.TryConsume();

            // What is posted from here on has signalled for itself: a guest that makes devices post in a loop does not hold up the others.
            for (int left = loop._posted.Count; left > 0 && loop._posted.TryDequeue(out Action? action); left--)
            {
                action();
            }
        }
    }
}

using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Hosting;

/// <summary>SIGTERM and SIGINT as events of the loop.</summary>
internal sealed unsafe class StopSignalSource : IEventSource, IDisposable
{
    private const int NonBlockCloseOnExec = 0x800 | 0x80000;

    private readonly int _fd;
    private readonly EpollLoop _loop;
    private readonly Action<int> _received;

    /// <summary>Watches the signals, which must be blocked already; <paramref name="received"/> gets their number.</summary>
    internal StopSignalSource(EpollLoop loop, Action<int> received)
    {
        _loop = loop;
        _received = received;
        SignalSet set = SignalBlock.StopSignals();
        // SAFETY: the kernel copies the set during the call.
        _fd = Libc.signalfd(-1, &set, NonBlockCloseOnExec);
        if (_fd < 0)
        {
            OsFaultException cause = OsFaultException.FromLastError("signalfd");
            throw new VmmFaultException(ExitCode.HostCallFailed, cause.Message, cause);
        }

        loop.Add(_fd, EpollLoop.In, this, 0);
    }

    public void OnReady(uint events, uint token)
    {
        SignalFdInfo info;
        // SAFETY: the buffer has the size of one signalfd record.
        while (Libc.read(_fd, &info, (nuint)sizeof(SignalFdInfo)) == sizeof(SignalFdInfo))
        {
            _received((int)info.Number);
        }
    }

    public void Dispose()
    {
        _loop.Remove(_fd);
        _ = Libc.close(_fd);
    }
}

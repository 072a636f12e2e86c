using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Hosting;

/// <summary>Gives up, once, a moment after the guest was started, what only the start needed.</summary>
internal sealed class StartupMemory : IEventSource, IDisposable
{
    /// <summary>Long enough that a guest which ends at once does not pay for it.</summary>
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(50);

    private readonly EpollLoop _loop;
    private TimerFd? _timer = new();

    /// <summary>Starts the clock. On the loop's thread or before it runs.</summary>
    /// <exception cref="OsFaultException">The timer cannot be had.</exception>
    internal StartupMemory(EpollLoop loop)
    {
        _loop = loop;
        loop.Add(_timer.Fd, EpollLoop.In, this, 0);
        _timer.Arm(s_delay);
    }

    public void OnReady(uint events, uint token)
    {
        Dispose();
        ProgramText.Release();
    }

    public void Dispose()
    {
        if (_timer is not null)
        {
            _loop.Remove(_timer.Fd);
            _timer.Dispose();
            _timer = null;
        }
    }
}

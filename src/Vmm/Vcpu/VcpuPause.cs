using MicroVm.Vmm.Machine;

namespace MicroVm.Vmm.Vcpu;

/// <summary>
/// Where vCPU threads wait while the VM is paused. A vCPU comes here only after KVM_RUN has returned for a kick, so the exit before it
/// is finished and its registers are those between two instructions.
/// </summary>
internal sealed class VcpuPause(VmLifetime lifetime)
{
    private readonly object _lock = new();
    private bool _isPaused;
    private int _waiting;

    /// <summary>From now on every vCPU that is kicked waits.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            _isPaused = true;
        }
    }

    /// <summary>Lets all vCPUs go on.</summary>
    internal void Open()
    {
        lock (_lock)
        {
            _isPaused = false;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits until <paramref name="vcpuCount"/> vCPUs wait here, or the VM ends; false when that takes longer than <paramref name="patience"/>.</summary>
    internal bool AwaitAll(int vcpuCount, TimeSpan patience)
    {
        long deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        lock (_lock)
        {
            while (_waiting < vcpuCount && !lifetime.IsEnding)
            {
                long left = deadline - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_lock, (int)left))
                {
                    return _waiting >= vcpuCount || lifetime.IsEnding;
                }
            }

            return true;
        }
    }

    /// <summary>Waits, on a vCPU thread, as long as the VM is paused.</summary>
    internal void WaitWhilePaused()
    {
        lock (_lock)
        {
            if (!_isPaused)
            {
                return;
            }

            _waiting++;
            Monitor.PulseAll(_lock);
            while (_isPaused)
            {
                Monitor.Wait(_lock);
            }

            _waiting--;
        }
    }
}

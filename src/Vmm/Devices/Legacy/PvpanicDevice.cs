using MicroVm.Vmm.Bus;

namespace MicroVm.Vmm.Devices.Legacy;

/// <summary>
/// QEMU's pvpanic (its docs/specs/pvpanic.rst): one byte-wide register that a kernel's panic notifier writes an event to. Reading it tells
/// which events are understood. A guest may write at any time and rate: each kind of event is reported once and counted always.
/// </summary>
/// <param name="report">Takes the first event of a kind, on a vCPU thread.</param>
internal sealed class PvpanicDevice(Action<string> report) : IBusDevice
{
    /// <summary>The kernel panicked and does not go on.</summary>
    internal const byte Panicked = 1 << 0;

    /// <summary>The kernel panicked and starts the crash kernel that was loaded for this.</summary>
    internal const byte CrashLoaded = 1 << 1;

    private long _panics;
    private int _reported;

    /// <summary>Panics that the guest told.</summary>
    internal long Panics => Interlocked.Read(ref _panics);

    public void Read(ulong offset, Span<byte> data)
    {
        data.Clear();
        data[0] = Panicked | CrashLoaded;
    }

    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        int events = data[0] & (Panicked | CrashLoaded);
        if (events == 0)
        {
            return;
        }

        Interlocked.Increment(ref _panics);
        int news = events & ~Interlocked.Or(ref _reported, events);
        if ((news & Panicked) != 0)
        {
            report("guest panicked");
        }

        if ((news & CrashLoaded) != 0)
        {
            report("guest panicked and starts its crash kernel");
        }
    }
}

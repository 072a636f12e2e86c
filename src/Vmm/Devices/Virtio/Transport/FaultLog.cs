using MicroVm.Vmm.Devices.Virtio.Queue;

namespace MicroVm.Vmm.Devices.Virtio.Transport;

/// <summary>
/// Log lines about a guest, at most <see cref="LinesPerInterval"/> per interval: a guest that misbehaves in a loop must not fill
/// the host's disk or allocate without end. What was left out is told with the next line that is written.
/// </summary>
internal sealed class FaultLog(Action<string>? sink)
{
    /// <summary>Lines per interval.</summary>
    internal const int LinesPerInterval = 3;

    /// <summary>Length of an interval in milliseconds.</summary>
    internal const long IntervalMilliseconds = 60_000;

    private long _intervalStart = long.MinValue / 2;
    private int _lines;
    private long _leftOut;

    /// <summary>Writes the line for a fault, or counts it as left out.</summary>
    internal void Report(string device, GuestFault fault, long nowMilliseconds)
    {
        if (sink is null)
        {
            return;
        }

        if (nowMilliseconds - _intervalStart >= IntervalMilliseconds)
        {
            _intervalStart = nowMilliseconds;
            _lines = 0;
        }

        if (_lines == LinesPerInterval)
        {
            _leftOut++;
            return;
        }

        _lines++;
        string line = $"{device}: guest fault {fault}; the device stops until the guest resets it";
        sink(_leftOut == 0 ? line : $"{line} ({_leftOut} earlier lines left out)");
        _leftOut = 0;
    }
}

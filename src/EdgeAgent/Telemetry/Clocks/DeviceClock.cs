using MicroVm.EdgeAgent.Interop;

namespace MicroVm.EdgeAgent.Telemetry.Clocks;

/// <summary>The clocks of this machine.</summary>
internal sealed class DeviceClock(string kernelBootId, TimeProvider time) : IDeviceClock
{
    /// <inheritdoc/>
    public string KernelBootId => kernelBootId;

    /// <inheritdoc/>
    public ClockReading Read()
    {
        DateTimeOffset now = time.GetUtcNow();
        return new ClockReading(now.ToUnixTimeMilliseconds(), Libc.UptimeMs(), ClockDecisions.Judge(now, Libc.IsClockSynchronised()));
    }
}

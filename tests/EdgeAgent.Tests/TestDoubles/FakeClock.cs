using MicroVm.EdgeAgent.Telemetry.Clocks;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>Clocks that show what a test wants.</summary>
internal sealed class FakeClock : IDeviceClock
{
    internal const string Boot = "boot-1";

    internal ClockReading Now { get; set; } = new(1_800_000_000_000, 50_000, ClockQuality.Synchronised);

    public string KernelBootId { get; set; } = Boot;

    public ClockReading Read() => Now;

    /// <summary>Time passes; nobody sets the clock.</summary>
    internal void Pass(long ms) => Now = Now with { UnixMs = Now.UnixMs + ms, UptimeMs = Now.UptimeMs + ms };
}

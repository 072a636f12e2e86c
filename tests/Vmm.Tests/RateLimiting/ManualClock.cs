namespace MicroVm.Vmm.Tests.RateLimiting;

/// <summary>A clock that moves when a test says so; one timestamp is 100 nanoseconds.</summary>
internal sealed class ManualClock : TimeProvider
{
    private long _ticks = 1234;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    internal void Advance(TimeSpan time) => _ticks += time.Ticks;

    internal void AdvanceMilliseconds(double milliseconds) => Advance(TimeSpan.FromMilliseconds(milliseconds));
}

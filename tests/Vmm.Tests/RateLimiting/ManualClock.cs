namespace MicroVm.Vmm.Tests.RateLimiting;

/// <summary>A clock that moves when a test says so; one timestamp is 100 nanoseconds.</summary>
internal sealed class ManualClock : TimeProvider
{
    private long _ticks = 1234;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    /// <summary>A day in 2030, later by as much as the clock was moved.</summary>
    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(_ticks);

    internal void Advance(TimeSpan time) => _ticks += time.Ticks;

    internal void AdvanceMilliseconds(double milliseconds) => Advance(TimeSpan.FromMilliseconds(milliseconds));
}

namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>The system's clock, moved: what waits goes on waiting in real time, what is dated is dated elsewhere.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _shiftTicks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _shiftTicks));

    internal void Advance(TimeSpan by) => Interlocked.Add(ref _shiftTicks, by.Ticks);
}

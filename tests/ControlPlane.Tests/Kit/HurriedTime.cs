namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>The system's clock, but whoever waits for a time waits for a fiftieth of it.</summary>
internal sealed class HurriedTime : TimeProvider
{
    private const int Factor = 50;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, Hurry(dueTime), Hurry(period));

    private static TimeSpan Hurry(TimeSpan time) => time > TimeSpan.Zero ? time / Factor : time;
}

namespace MicroVm.EdgeAgent.Vms.Guest;

/// <summary>Tells every guest the device's time now and then: a VM that was paused has a clock that stands behind.</summary>
internal sealed class ClockLoop(VmTable table, TimeProvider time)
{
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(5);

    /// <summary>Tells for ever, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await Task.Delay(s_period, time, cancellation);
            foreach (VmEntry entry in table.All())
            {
                if (entry.Instance is { Session.KeepsTime: true } instance)
                {
                    instance.Channel.TrySend(instance.Session.Clock());
                }
            }
        }
    }
}

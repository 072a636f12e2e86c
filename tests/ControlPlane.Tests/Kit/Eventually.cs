namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>Waits for what raises no event.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(10);

    internal static Task IsAsync(Func<bool> condition, string phase)
    {
        return LookAsync().Within(phase);

        async Task LookAsync()
        {
            using PeriodicTimer timer = new(s_period);
            while (!condition())
            {
                await timer.WaitForNextTickAsync();
            }
        }
    }
}

namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>Waits that end: one that does not names the phase that it was in.</summary>
internal static class Deadline
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    internal static async Task<T> Within<T>(this Task<T> task, string phase)
    {
        try
        {
            return await task.WaitAsync(s_limit);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"waited {s_limit.TotalSeconds:0} s in phase: {phase}");
        }
    }

    internal static async Task Within(this Task task, string phase)
    {
        await Wrap().Within(phase);

        async Task<bool> Wrap()
        {
            await task;
            return true;
        }
    }
}

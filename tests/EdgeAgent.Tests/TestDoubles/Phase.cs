namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>Waits that say what they were for when nothing comes. The limit only ends a test that hangs.</summary>
internal static class Phase
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    internal static async Task<T> Of<T>(string phase, Task<T> task)
    {
        try
        {
            return await task.WaitAsync(s_limit);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"nothing came in the phase '{phase}'");
        }
    }

    internal static async Task Of(string phase, Task task) => await Of(phase, Finish(task));

    private static async Task<bool> Finish(Task task)
    {
        await task;
        return true;
    }
}

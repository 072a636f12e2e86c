namespace MicroVm.TestKit;

/// <summary>
/// Nested hosts and guests stop for good now and then under emulation, whatever the VMM. One retry is allowed, and it is
/// counted and printed.
/// </summary>
public static class NestedHang
{
    private static int s_count;

    /// <summary>Retries in this process so far.</summary>
    public static int Count => s_count;

    /// <summary>Runs <paramref name="attempt"/>; if it times out, <paramref name="recover"/> and once more.</summary>
    /// <param name="attempt">Something that needs nested hosts and guests to go on.</param>
    /// <param name="recover">Brings back the state that the attempt starts from, such as a power cut and a boot.</param>
    /// <exception cref="PhaseTimeoutException">It timed out twice.</exception>
    public static async Task RetryOnceAsync(Func<Task> attempt, Func<Task> recover)
    {
        try
        {
            await attempt().ConfigureAwait(false);
        }
        catch (PhaseTimeoutException e)
        {
            int count = Interlocked.Increment(ref s_count);
            Console.WriteLine($"nested device or guest hung (number {count} of this run), trying once more: {e.Message}");
            await recover().ConfigureAwait(false);
            await attempt().ConfigureAwait(false);
        }
    }
}

namespace MicroVm.Vmm.Guest.Channel;

/// <summary>
/// Time between attempts to reach the agent: short at first, because the agent listens before it starts the VM, doubling to a
/// bound that keeps a guest cheap while its agent is away. One guest has one connection, so there is no herd to spread.
/// </summary>
internal sealed class ReconnectBackoff
{
    internal const int FirstMilliseconds = 50;
    internal const int LongestMilliseconds = 2_000;

    private int _next = FirstMilliseconds;

    /// <summary>The wait before the next attempt, in milliseconds.</summary>
    internal int Next()
    {
        int current = _next;
        _next = Math.Min(2 * current, LongestMilliseconds);
        return current;
    }

    /// <summary>The agent answered: the next failure starts over.</summary>
    internal void Reset() => _next = FirstMilliseconds;
}

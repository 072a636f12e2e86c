using MicroVm.EdgeAgent.Store;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>
/// When rows become a batch. Every batch is a write to the device's disk and a message over its network, and columns are smaller
/// the longer they are; but what people wait for is not held back. Pure.
/// </summary>
internal static class BatchDecisions
{
    /// <summary>How long rows wait for others.</summary>
    internal static readonly TimeSpan Linger = TimeSpan.FromSeconds(30);

    /// <summary>How long what people wait for waits for more of its kind.</summary>
    internal static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(500);

    /// <summary>Most samples of the device in a batch.</summary>
    internal const int MostSamples = 64;

    /// <summary>From so many samples of VMs on a batch takes no more.</summary>
    internal const int MostVmSamples = 4_000;

    /// <summary>Most points in a batch.</summary>
    internal const int MostPoints = 1_000;

    /// <summary>From so many characters of names, units and labels on a batch of points takes no more: what it becomes fits a message.</summary>
    internal const int MostPointCharacters = 200_000;

    /// <summary>Most events in a batch.</summary>
    internal const int MostEvents = 256;

    // Samples do not come to the millisecond, and one that is about to come goes along.
    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(1);

    /// <summary>Characters that name points; those of a series count each time.</summary>
    internal static int CharactersOf(IReadOnlyList<MetricPoint> points)
    {
        int characters = 0;
        foreach (MetricPoint point in points)
        {
            characters += point.Name.Length + point.Unit.Length;
            foreach ((string name, string value) in point.Labels)
            {
                characters += name.Length + value.Length;
            }
        }

        return characters;
    }

    /// <summary>How long the rows of a class still wait.</summary>
    /// <param name="kind">The class.</param>
    /// <param name="sinceLast">Time since the batch of this class before; null when this is the first since the agent started.</param>
    /// <param name="isUrgent">There is a row that people wait for, such as a workload's errors while a rollout goes on.</param>
    /// <param name="isFull">There is no room for more.</param>
    internal static TimeSpan Wait(SpoolClass kind, TimeSpan? sinceLast, bool isUrgent, bool isFull)
    {
        // What was never sent has waited long enough.
        TimeSpan waited = sinceLast ?? Linger;
        return kind switch
        {
            _ when isFull => TimeSpan.Zero,
            SpoolClass.Events => Gathering,
            SpoolClass.Samples => isUrgent || waited >= Linger - s_slack ? TimeSpan.Zero : Linger - waited + s_slack + s_slack,
            _ => waited >= Linger - Gathering ? Gathering : Linger - waited,
        };
    }
}

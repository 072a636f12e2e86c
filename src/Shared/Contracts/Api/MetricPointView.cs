namespace MicroVm.Shared.Contracts.Api;

/// <summary>One value that a workload measured.</summary>
/// <param name="Vm">VM name.</param>
/// <param name="Name">Name of the metric.</param>
/// <param name="Unit">Unit; empty for none.</param>
/// <param name="Labels">Labels.</param>
/// <param name="At">When it was taken.</param>
/// <param name="Value">The value.</param>
/// <param name="Clock">How far <paramref name="At"/> can be believed: <c>Synchronised</c>, <c>Corrected</c>, <c>Unsynchronised</c>, <c>NotSet</c> or <c>Unknown</c>.</param>
public sealed record MetricPointView(
    string Vm, string Name, string Unit, IReadOnlyDictionary<string, string> Labels, DateTimeOffset At, double Value, string Clock)
{
    /// <summary>The agent's start that took it: it is made anew whenever the agent starts.</summary>
    public Guid BootId { get; init; }

    /// <summary>The batch in which it came: rises within one <see cref="BootId"/>, with gaps, because other messages are numbered too. No pair comes twice.</summary>
    public ulong Sequence { get; init; }
}

namespace MicroVm.Shared.Contracts.Api;

/// <summary>A series of a workload's metric with its newest point.</summary>
/// <param name="Vm">VM name.</param>
/// <param name="Name">Name of the metric.</param>
/// <param name="Unit">Unit; empty for none.</param>
/// <param name="Labels">Labels.</param>
/// <param name="At">When the newest point was taken.</param>
/// <param name="Value">The newest value.</param>
public sealed record MetricSeriesView(
    string Vm, string Name, string Unit, IReadOnlyDictionary<string, string> Labels, DateTimeOffset At, double Value);

namespace MicroVm.Vmm.Diagnostics;

/// <summary>One object of a metrics line: counters since the start, by Firecracker's names where it has them.</summary>
internal sealed record MetricsSection(string Name, IReadOnlyList<(string Name, long Value)> Counters);

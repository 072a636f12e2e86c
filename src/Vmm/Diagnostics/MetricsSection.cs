namespace MicroVm.Vmm.Diagnostics;

/// <summary>One object of a metrics line: counters since the start, by Firecracker's names where it has them; or values, when it is a gauge.</summary>
internal sealed record MetricsSection(string Name, IReadOnlyList<(string Name, long Value)> Counters, bool IsGauge = false);

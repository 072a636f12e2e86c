namespace MicroVm.Vmm.Control;

/// <summary>The file that metrics are appended to.</summary>
internal sealed record MetricsConfig(string MetricsPath);

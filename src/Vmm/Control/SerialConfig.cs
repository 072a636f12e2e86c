namespace MicroVm.Vmm.Control;

/// <summary>The serial console; without a path it is standard output.</summary>
internal sealed record SerialConfig(string? SerialOutPath = null);

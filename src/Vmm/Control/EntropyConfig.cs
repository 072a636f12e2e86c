namespace MicroVm.Vmm.Control;

/// <summary>The entropy device; it has no settings yet.</summary>
internal sealed record EntropyConfig;

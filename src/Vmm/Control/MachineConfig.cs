namespace MicroVm.Vmm.Control;

/// <summary>Processors and memory of the VM.</summary>
internal sealed record MachineConfig
{
    internal const int MinVcpus = 1;
    internal const int MaxVcpus = 32;

    /// <summary>Processors, 1 to 32.</summary>
    internal int VcpuCount { get; init; } = 1;

    /// <summary>Guest memory in MiB, at least 1.</summary>
    internal int MemSizeMib { get; init; } = 128;
}

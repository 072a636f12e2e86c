namespace MicroVm.Vmm.Vcpu;

/// <summary>Exits of one vCPU by kind. Written by its thread, read from anywhere.</summary>
internal sealed class VcpuMetrics
{
    /// <summary>Port reads; a string instruction is one.</summary>
    internal long IoIn { get; set; }

    /// <summary>Port writes; a string instruction is one.</summary>
    internal long IoOut { get; set; }

    /// <summary>Reads of device memory.</summary>
    internal long MmioRead { get; set; }

    /// <summary>Writes to device memory.</summary>
    internal long MmioWrite { get; set; }
}

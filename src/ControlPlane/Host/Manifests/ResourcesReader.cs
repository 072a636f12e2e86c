using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Reads what a VM may use: vcpus, memory, priority and limits.</summary>
internal static class ResourcesReader
{
    private const string Path = WorkloadReader.Path;
    private const int MaxOperations = 10_000_000;

    /// <summary>A VM with what is read; errors go to the reader.</summary>
    internal static VmSpec Read(FieldReader reader, ManifestMap workload, VmSpec vm)
    {
        (int min, int max) = ReadMemory(reader, workload, vm.MemoryMib);
        return vm with
        {
            VcpuCount = reader.Number(workload, Path, "vcpus", 1, VmSpec.MaxVcpuCount, vm.VcpuCount),
            MemoryMinMib = min,
            MemoryMib = max,
            Priority = reader.Number(workload, Path, "priority", VmSpec.MinPriority, VmSpec.MaxPriority, vm.Priority),
            Limits = ReadLimits(reader, FieldReader.Get(workload, "limits")),
        };
    }

    /// <summary>A size, or a map of the least and the most; 0 as the least is all of it.</summary>
    private static (int Min, int Max) ReadMemory(FieldReader reader, ManifestMap workload, int absent)
    {
        const string Memory = Path + ".memory";
        if (FieldReader.Get(workload, "memory") is not ManifestMap node)
        {
            return (0, reader.Parsed<int>(workload, Path, "memory", Quantities.MemoryRule, Quantities.MemoryMib) ?? absent);
        }

        ManifestMap? map = reader.Map(Memory, node, "min", "max");
        int? min = reader.Parsed<int>(map, Memory, "min", Quantities.MemoryRule, Quantities.MemoryMib, isRequired: true);
        int? max = reader.Parsed<int>(map, Memory, "max", Quantities.MemoryRule, Quantities.MemoryMib, isRequired: true);
        if (min > max)
        {
            reader.Fail($"{Memory}.max", $"at least min, which is {min}MiB", $"{max}MiB");
        }

        return (min == max ? 0 : min ?? 0, max ?? absent);
    }

    private static RateLimits ReadLimits(FieldReader reader, ManifestNode? node)
    {
        const string Limits = Path + ".limits", Operations = "diskOperationsPerSecond";
        if (node is null || reader.Map(Limits, node, "diskBytesPerSecond", Operations, "networkBytesPerSecond") is not ManifestMap map)
        {
            return RateLimits.None;
        }

        return new RateLimits(
            reader.Parsed<long>(map, Limits, "diskBytesPerSecond", Quantities.RateRule, Quantities.RateBytes) ?? 0,
            FieldReader.Get(map, Operations) is null ? 0 : reader.Number(map, Limits, Operations, 1, MaxOperations, 1),
            reader.Parsed<long>(map, Limits, "networkBytesPerSecond", Quantities.RateRule, Quantities.RateBytes) ?? 0);
    }
}

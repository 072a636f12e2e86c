using System.Globalization;

namespace MicroVm.EdgeAgent.Cgroups;

/// <summary>A value of one control file of a cgroup.</summary>
/// <param name="Controller">Who has the file.</param>
/// <param name="File">Its name.</param>
/// <param name="Value">What is written.</param>
internal sealed record CgroupSetting(string Controller, string File, string Value)
{
    // cpu.shares of version 1 is 1024 where cpu.weight of version 2 is 100.
    private const int SharesPerWeight = 1024, WeightsPerShare = 100;

    /// <summary>What version 2 is told.</summary>
    internal static IReadOnlyList<CgroupSetting> Unified(VmLimits limits) =>
    [
        new("memory", "memory.max", Text(limits.MemoryBytes)),
        new("memory", "memory.swap.max", "0"),
        new("pids", "pids.max", Text(limits.Processes)),
        new("cpu", "cpu.weight", Text(limits.CpuWeight)),
    ];

    /// <summary>What version 1 is told. The limit with swap cannot be under the one without, so it is set second.</summary>
    internal static IReadOnlyList<CgroupSetting> Legacy(VmLimits limits) =>
    [
        new("memory", "memory.limit_in_bytes", Text(limits.MemoryBytes)),
        new("memory", "memory.memsw.limit_in_bytes", Text(limits.MemoryBytes)),
        new("memory", "memory.swappiness", "0"),
        new("pids", "pids.max", Text(limits.Processes)),
        new("cpu", "cpu.shares", Text((long)limits.CpuWeight * SharesPerWeight / WeightsPerShare)),
    ];

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}

using MicroVm.EdgeAgent.Interop;

namespace MicroVm.EdgeAgent.Update;

/// <summary>What <c>microvm-launch</c> tells the agent that it starts, and where it looks itself.</summary>
internal static class Launcher
{
    private const string SlotVariable = "MICROVM_SLOT", DataVariable = "MICROVM_DATA", UsualData = "/var/lib/microvm", LockFile = "agent.lock";

    /// <summary>Slot that this process was started from; null when no launcher started it.</summary>
    internal static AgentSlot? Slot { get; } = SlotText.SlotNamed(Environment.GetEnvironmentVariable(SlotVariable));

    /// <summary>Why the launcher that started this process would not start what is switched to; null when it would, or there is none.</summary>
    /// <param name="dataDirectory">The agent's data directory.</param>
    internal static string? FaultFor(string dataDirectory) =>
        Slot is null ? null : Difference(Environment.GetEnvironmentVariable(DataVariable) is { Length: > 0 } named ? named : UsualData, dataDirectory);

    /// <summary>Null when two paths lead to one data directory, else what is wrong.</summary>
    /// <param name="launchers">Where the launcher looks for slots.</param>
    /// <param name="agents">Where the agent has them.</param>
    internal static string? Difference(string launchers, string agents) => IsSame(Path.GetFullPath(launchers), Path.GetFullPath(agents))
        ? null
        : $"microvm-launch starts agents from the slots in {launchers} (MICROVM_DATA), but this agent has its own in {agents} (dataDirectory)";

    /// <summary>
    /// A link or a bind mount gives a directory a second path, but not a second inode. Roots of two file systems have the same one;
    /// what is in them does not.
    /// </summary>
    private static bool IsSame(string one, string other) =>
        Path.TrimEndingDirectorySeparator(one) == Path.TrimEndingDirectorySeparator(other)
        || (InodeOf(one) is ulong inode && inode == InodeOf(other)
            && InodeOf(Path.Combine(one, LockFile)) == InodeOf(Path.Combine(other, LockFile)));

    private static ulong? InodeOf(string path) => Libc.TryStat(path)?.Inode;
}

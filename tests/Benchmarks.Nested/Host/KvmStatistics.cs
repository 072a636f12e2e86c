namespace MicroVm.Benchmarks.Nested.Host;

/// <summary>KVM's own counters of one VM, from debugfs.</summary>
internal static class KvmStatistics
{
    private const string Folder = "/sys/kernel/debug/kvm";

    /// <summary>Exits of all processors of the VM so far.</summary>
    internal static long Exits(int pid) => Read(pid, "exits");

    internal static long Read(int pid, string counter)
    {
        foreach (string folder in Directory.EnumerateDirectories(Folder, $"{pid}-*"))
        {
            return long.Parse(File.ReadAllText($"{folder}/{counter}"));
        }

        throw new InvalidOperationException($"{Folder}: expected a folder of process {pid}, found none");
    }
}

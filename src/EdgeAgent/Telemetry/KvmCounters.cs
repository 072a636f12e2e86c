namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>
/// What KVM counts of a VM, from its directory in debugfs, which is named after the VMM's process and a file descriptor of it.
/// Costs the VMM nothing; where debugfs is not mounted nothing is known.
/// </summary>
internal sealed class KvmCounters(string root = "/sys/kernel/debug/kvm")
{
    private const int MostFiles = 1_024;

    private readonly Dictionary<int, string> _files = [];

    /// <summary>How often processors of a VM left its guest for something that the kernel or the VMM had to do; 0 when that is not known.</summary>
    internal ulong ReadExits(int pid)
    {
        if (!_files.TryGetValue(pid, out string? file))
        {
            file = Find(pid);
            if (file is null)
            {
                return 0;
            }

            if (_files.Count >= MostFiles)
            {
                // Those of processes that are gone.
                _files.Clear();
            }

            _files[pid] = file;
        }

        try
        {
            return ulong.TryParse(File.ReadAllText(file).AsSpan().Trim(), out ulong exits) ? exits : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _files.Remove(pid);
            return 0;
        }
    }

    private string? Find(int pid)
    {
        try
        {
            string? directory = Directory.Exists(root) ? Directory.EnumerateDirectories(root, $"{pid}-*").FirstOrDefault() : null;
            return directory is null ? null : Path.Combine(directory, "exits");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

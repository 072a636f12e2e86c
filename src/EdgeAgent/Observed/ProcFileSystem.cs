using System.Globalization;

namespace MicroVm.EdgeAgent.Observed;

/// <summary>Reads <c>/proc</c>. A process that is gone is null, not an error.</summary>
/// <param name="root">Where it is mounted.</param>
internal sealed class ProcFileSystem(string root = "/proc")
{
    /// <summary>The running kernel's boot id: made anew with each boot of the device.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal string ReadKernelBootId() => File.ReadAllText(Path.Combine(root, "sys/kernel/random/boot_id")).Trim();

    /// <summary>A process's status line.</summary>
    internal ProcessStat? ReadStat(int pid) => TryRead($"{pid}/stat") is string text ? ProcessStat.Parse(text) : null;

    /// <summary>Bytes that a process made the device's disks read and write; 0 when there is no such process, or the kernel does not count.</summary>
    internal ProcessIo ReadIo(int pid) => ProcessIo.Parse(TryRead($"{pid}/io"));

    /// <summary>A process's arguments; empty when there is no such process.</summary>
    internal IReadOnlyList<string> ReadCommandLine(int pid) =>
        TryRead($"{pid}/cmdline") is { Length: > 0 } text ? text.TrimEnd('\0').Split('\0') : [];

    /// <summary>Resident memory of a process in bytes; 0 when there is no such process.</summary>
    internal ulong ReadResidentBytes(int pid) => ReadResidentBytes(pid.ToString(CultureInfo.InvariantCulture));

    /// <summary>Resident memory of this process in bytes.</summary>
    internal ulong ReadOwnResidentBytes() => ReadResidentBytes("self");

    /// <summary>Text of a file directly under the root; null when it cannot be read.</summary>
    internal string? TryRead(string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(root, name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Every process id.</summary>
    internal IEnumerable<int> EnumeratePids()
    {
        foreach (string directory in Directory.EnumerateDirectories(root))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            {
                yield return pid;
            }
        }
    }

    private ulong ReadResidentBytes(string process)
    {
        // statm: total and resident size in pages.
        string[] fields = (TryRead($"{process}/statm") ?? "").Split(' ');
        return fields.Length > 1 && ulong.TryParse(fields[1], out ulong pages) ? pages * (ulong)Environment.SystemPageSize : 0;
    }
}

using System.Text;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Vitals;

/// <summary>The kernel's own log.</summary>
internal static class KernelLog
{
    private const string Path = "/dev/kmsg";
    private const int MostRecords = 4096, RecordBytes = 2048;

    /// <summary>Which process the kernel killed last for want of memory, as <c>57 (name)</c>; empty when the log does not say.</summary>
    internal static string LastKilled()
    {
        string last = "";
        int fd = Libc.open(Path, Fd.ReadOnly | Fd.NonBlock | Fd.CloseOnExec, 0);
        if (fd < 0)
        {
            return last;
        }

        Span<byte> record = stackalloc byte[RecordBytes];
        try
        {
            // One record a read, oldest first.
            for (int i = 0, count; i < MostRecords && (count = Fd.Read(fd, record, Path)) > 0; i++)
            {
                string killed = KilledIn(record[..count]);
                last = killed.Length > 0 ? killed : last;
            }
        }
        catch (OsFaultException)
        {
            // Records were overwritten while they were read: what is known has to do.
        }

        _ = Libc.close(fd);
        return last;
    }

    /// <summary>The process in a record such as <c>…: Out of memory: Killed process 57 (name) total-vm:…</c>; empty when it is another.</summary>
    internal static string KilledIn(ReadOnlySpan<byte> record)
    {
        int at = record.IndexOf("Killed process "u8);
        if (at < 0)
        {
            return "";
        }

        ReadOnlySpan<byte> process = record[(at + "Killed process "u8.Length)..];
        int end = process.IndexOf((byte)')');
        return end < 0 ? "" : Encoding.UTF8.GetString(process[..(end + 1)]);
    }
}

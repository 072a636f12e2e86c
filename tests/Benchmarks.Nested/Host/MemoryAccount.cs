using MicroVm.Benchmarks.Nested.Host.Vmms;
using MicroVm.TestKit;

namespace MicroVm.Benchmarks.Nested.Host;

/// <summary>What a VMM holds.</summary>
/// <param name="Held">Everything but guest memory.</param>
/// <param name="PageTablesKib">Page tables of the whole process, those of guest memory included (VmPTE).</param>
internal sealed record MemoryAccount(ProcessMemory Held, long PageTablesKib)
{
    internal static MemoryAccount Read(IVmm side, int pid)
    {
        string tables = File.ReadLines($"/proc/{pid}/status").First(static line => line.StartsWith("VmPTE:", StringComparison.Ordinal));
        return new MemoryAccount(side.ReadMemory(pid), long.Parse(tables.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1]));
    }

    internal void Report(Report report, string figure, string side)
    {
        report.Sample($"{figure}-rss", side, Held.RssKib);
        report.Sample($"{figure}-pss", side, Held.PssKib);
        report.Sample($"{figure}-dirty", side, Held.PrivateDirtyKib);
        report.Sample($"{figure}-pte", side, PageTablesKib);
    }

    /// <summary>Every mapping with resident pages, one a line, for who looks on.</summary>
    internal static void Show(Report report, int pid)
    {
        string header = "";
        foreach (string line in File.ReadLines($"/proc/{pid}/smaps"))
        {
            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (!words[0].EndsWith(':'))
            {
                header = line;
            }
            else if (words[0] == "Rss:" && words[1] != "0")
            {
                report.Progress($"{words[1]} KiB of {header}");
            }
        }
    }

    public override string ToString() =>
        $"{Held.RssKib} KiB resident, {Held.PssKib} PSS, {Held.PrivateDirtyKib} private dirty, {PageTablesKib} page tables, {Held.GuestRssKib} of guest memory";
}

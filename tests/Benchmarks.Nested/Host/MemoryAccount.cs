namespace MicroVm.Benchmarks.Nested.Host;

/// <summary>Sums of /proc/PID/smaps over every mapping but those of guest memory, in KiB.</summary>
/// <param name="RssKib">Resident.</param>
/// <param name="PssKib">Proportional share.</param>
/// <param name="PrivateDirtyKib">Private and written.</param>
/// <param name="PageTablesKib">Page tables of the whole process, those of guest memory included (VmPTE).</param>
/// <param name="GuestKib">Resident in the mappings that were left out.</param>
internal sealed record MemoryAccount(long RssKib, long PssKib, long PrivateDirtyKib, long PageTablesKib, long GuestKib)
{
    internal static MemoryAccount Read(int pid, string guestMemoryName)
    {
        long rss = 0, pss = 0, dirty = 0, guest = 0;
        bool isGuest = false;
        foreach (string line in File.ReadLines($"/proc/{pid}/smaps"))
        {
            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            switch (words[0])
            {
                case "Rss:" when isGuest: guest += long.Parse(words[1]); break;
                case "Rss:": rss += long.Parse(words[1]); break;
                case "Pss:" when !isGuest: pss += long.Parse(words[1]); break;
                case "Private_Dirty:" when !isGuest: dirty += long.Parse(words[1]); break;
                case string word when !word.EndsWith(':'): isGuest = line.Contains(guestMemoryName, StringComparison.Ordinal); break;
                default: break;
            }
        }

        string tables = File.ReadLines($"/proc/{pid}/status").First(static line => line.StartsWith("VmPTE:", StringComparison.Ordinal));
        return new MemoryAccount(rss, pss, dirty, long.Parse(tables.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1]), guest);
    }

    internal void Report(Report report, string figure, string side)
    {
        report.Sample($"{figure}-rss", side, RssKib);
        report.Sample($"{figure}-pss", side, PssKib);
        report.Sample($"{figure}-dirty", side, PrivateDirtyKib);
        report.Sample($"{figure}-pte", side, PageTablesKib);
    }
}

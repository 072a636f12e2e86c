using System.Globalization;

namespace MicroVm.Benchmarks.Measuring;

/// <summary>Sums of /proc/PID/smaps over every mapping but those of guest memory, in KiB.</summary>
/// <param name="RssKib">Resident.</param>
/// <param name="PssKib">Proportional share.</param>
/// <param name="PrivateDirtyKib">Private and written.</param>
/// <param name="GuestRssKib">Resident in the guest memory mappings that were left out.</param>
internal readonly record struct MemoryMap(long RssKib, long PssKib, long PrivateDirtyKib, long GuestRssKib)
{
    /// <summary>Reads a process; a mapping whose path contains <paramref name="guestMemoryName"/> is guest memory.</summary>
    internal static MemoryMap Read(int pid, string guestMemoryName)
    {
        long rss = 0, pss = 0, dirty = 0, guest = 0;
        bool isGuest = false;
        foreach (string line in File.ReadLines($"/proc/{pid}/smaps"))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            bool isHeader = colon < 0 || line[..colon].Contains(' ', StringComparison.Ordinal);
            if (isHeader)
            {
                isGuest = line.Contains(guestMemoryName, StringComparison.Ordinal);
                continue;
            }

            switch (line[..colon])
            {
                case "Rss" when isGuest: guest += Kib(line, colon); break;
                case "Rss": rss += Kib(line, colon); break;
                case "Pss" when !isGuest: pss += Kib(line, colon); break;
                case "Private_Dirty" when !isGuest: dirty += Kib(line, colon); break;
                default: break;
            }
        }

        return new MemoryMap(rss, pss, dirty, guest);
    }

    private static long Kib(string line, int colon) =>
        long.Parse(line.AsSpan(colon + 1).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture);
}

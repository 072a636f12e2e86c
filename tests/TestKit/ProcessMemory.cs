using System.Globalization;

namespace MicroVm.TestKit;

/// <summary>What a VMM holds, in KiB: sums of /proc/PID/smaps over every mapping but those of guest memory.</summary>
/// <param name="RssKib">Resident.</param>
/// <param name="PssKib">Proportional share.</param>
/// <param name="PrivateDirtyKib">Private and written.</param>
/// <param name="AnonymousKib">Resident and not of a file: what the process itself has made, without its code.</param>
/// <param name="GuestRssKib">Resident in the guest memory mappings that were left out.</param>
public readonly record struct ProcessMemory(long RssKib, long PssKib, long PrivateDirtyKib, long AnonymousKib, long GuestRssKib)
{
    /// <summary>Reads a process whose guest memory has a name: each mapping with a path that contains it.</summary>
    public static ProcessMemory Read(int pid, string guestMemoryName) =>
        Sum(Mappings(pid), mapping => mapping.Path.Contains(guestMemoryName, StringComparison.Ordinal));

    /// <summary>
    /// Reads a process whose guest memory is anonymous: adjacent readable and writable mappings without a path that are together as
    /// large as the guest's memory and stand alone.
    /// </summary>
    /// <exception cref="InvalidOperationException">No such mappings are there.</exception>
    public static ProcessMemory Read(int pid, int guestMib)
    {
        List<Mapping> mappings = Mappings(pid);
        ulong size = (ulong)guestMib << 20;
        for (int first = 0; first < mappings.Count; first++)
        {
            int next = first;
            while (next < mappings.Count && mappings[next].IsPlain && (next == first || mappings[next].Start == mappings[next - 1].End))
            {
                next++;
            }

            if (next > first && mappings[next - 1].End - mappings[first].Start == size)
            {
                (ulong start, ulong end) = (mappings[first].Start, mappings[next - 1].End);
                return Sum(mappings, mapping => mapping.Start >= start && mapping.End <= end);
            }

            first = Math.Max(first, next - 1);
        }

        throw new InvalidOperationException($"process {pid}: expected anonymous mappings of {guestMib} MiB together, found none");
    }

    private static ProcessMemory Sum(List<Mapping> mappings, Func<Mapping, bool> isGuest)
    {
        ProcessMemory sum = default;
        foreach (Mapping mapping in mappings)
        {
            sum = isGuest(mapping)
                ? sum with { GuestRssKib = sum.GuestRssKib + mapping.Rss }
                : sum with
                {
                    RssKib = sum.RssKib + mapping.Rss,
                    PssKib = sum.PssKib + mapping.Pss,
                    PrivateDirtyKib = sum.PrivateDirtyKib + mapping.Dirty,
                    AnonymousKib = sum.AnonymousKib + mapping.Anonymous,
                };
        }

        return sum;
    }

    private static List<Mapping> Mappings(int pid)
    {
        List<Mapping> mappings = [];
        foreach (string line in File.ReadLines($"/proc/{pid}/smaps"))
        {
            string[] words = line.Split((char[]?)null, 6, StringSplitOptions.RemoveEmptyEntries);
            switch (words[0])
            {
                case "Rss:": mappings[^1] = mappings[^1] with { Rss = Kib(words) }; break;
                case "Pss:": mappings[^1] = mappings[^1] with { Pss = Kib(words) }; break;
                case "Private_Dirty:": mappings[^1] = mappings[^1] with { Dirty = Kib(words) }; break;
                case "Anonymous:": mappings[^1] = mappings[^1] with { Anonymous = Kib(words) }; break;
                case string word when !word.EndsWith(':'): mappings.Add(Header(words)); break;
                default: break;
            }
        }

        return mappings;
    }

    // "start-end perms offset device inode path"
    private static Mapping Header(string[] words)
    {
        string[] range = words[0].Split('-');
        return new Mapping(Hex(range[0]), Hex(range[1]), words[1], words.Length > 5 ? words[5] : "", 0, 0, 0, 0);
    }

    private static ulong Hex(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static long Kib(string[] words) => long.Parse(words[1], CultureInfo.InvariantCulture);

    private readonly record struct Mapping(ulong Start, ulong End, string Permissions, string Path, long Rss, long Pss, long Dirty, long Anonymous)
    {
        internal bool IsPlain => Permissions == "rw-p" && Path.Length == 0;
    }
}

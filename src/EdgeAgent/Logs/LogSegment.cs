using System.Globalization;

namespace MicroVm.EdgeAgent.Logs;

/// <summary>One file of a log. Its name is the cursor that its first line has or will have, so that names are in the order of lines.</summary>
/// <param name="First">That cursor.</param>
/// <param name="Path">The file.</param>
/// <param name="Length">Bytes of it that are records.</param>
internal readonly record struct LogSegment(ulong First, string Path, long Length)
{
    private const string Suffix = ".log";
    private const int Digits = 20;

    /// <summary>What every segment begins with.</summary>
    internal static ReadOnlySpan<byte> Magic => "MVMLOG1\n"u8;

    /// <summary>Path of the segment that begins at a cursor.</summary>
    internal static string PathOf(string directory, ulong first) =>
        System.IO.Path.Combine(directory, first.ToString($"D{Digits}", CultureInfo.InvariantCulture) + Suffix);

    /// <summary>The segments of a directory, oldest first. Files of other names are nobody's.</summary>
    internal static List<LogSegment> Find(string directory)
    {
        List<LogSegment> segments = [];
        foreach (FileInfo file in new DirectoryInfo(directory).EnumerateFiles("*" + Suffix))
        {
            string name = file.Name[..^Suffix.Length];
            if (name.Length == Digits && ulong.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out ulong first))
            {
                segments.Add(new LogSegment(first, file.FullName, file.Length));
            }
        }

        segments.Sort(static (one, other) => one.First.CompareTo(other.First));
        return segments;
    }
}

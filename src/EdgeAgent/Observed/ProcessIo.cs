namespace MicroVm.EdgeAgent.Observed;

/// <summary>What <c>/proc/PID/io</c> says (proc(5)).</summary>
/// <param name="ReadBytes">Bytes that disks had to read for the process.</param>
/// <param name="WrittenBytes">Bytes that disks have to write for it.</param>
internal readonly record struct ProcessIo(ulong ReadBytes, ulong WrittenBytes)
{
    /// <summary>Parses the file's text; 0 for what it does not say.</summary>
    internal static ProcessIo Parse(ReadOnlySpan<char> text)
    {
        ulong read = 0, written = 0;
        foreach (ReadOnlySpan<char> line in text.EnumerateLines())
        {
            read = line.StartsWith("read_bytes:", StringComparison.Ordinal) ? NumberOf(line) : read;
            written = line.StartsWith("write_bytes:", StringComparison.Ordinal) ? NumberOf(line) : written;
        }

        return new ProcessIo(read, written);
    }

    private static ulong NumberOf(ReadOnlySpan<char> line) => ulong.TryParse(line[(line.IndexOf(':') + 1)..].Trim(), out ulong number) ? number : 0;
}

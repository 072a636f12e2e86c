using MicroVm.EdgeAgent.Observed;

namespace MicroVm.EdgeAgent.Telemetry;

/// <summary>Bytes of every link of the device, from <c>/proc/net/dev</c> (proc(5)).</summary>
internal sealed class NetworkCounters
{
    // Of the sixteen numbers after a link's name: bytes received and bytes sent.
    private const int ReceivedField = 0, SentField = 8;

    private readonly Dictionary<string, (ulong Received, ulong Sent)> _links = new(StringComparer.Ordinal);

    /// <summary>Every link by name.</summary>
    internal IReadOnlyDictionary<string, (ulong Received, ulong Sent)> Links => _links;

    /// <summary>Reads the file; without links where it cannot be read.</summary>
    internal static NetworkCounters Read(ProcFileSystem proc) => Parse(proc.TryRead("net/dev") ?? "");

    /// <summary>Parses the file's text; lines of another form are left out.</summary>
    internal static NetworkCounters Parse(string text)
    {
        NetworkCounters counters = new();
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            int colon = line.IndexOf(':');
            if (colon > 0 && TryParse(line[(colon + 1)..], out ulong received, out ulong sent))
            {
                counters._links[line[..colon].Trim().ToString()] = (received, sent);
            }
        }

        return counters;
    }

    private static bool TryParse(ReadOnlySpan<char> numbers, out ulong received, out ulong sent)
    {
        (received, sent) = (0, 0);
        int field = 0;
        foreach (Range range in numbers.Split(' '))
        {
            ReadOnlySpan<char> value = numbers[range];
            if (value.IsEmpty)
            {
                continue;
            }

            if ((field == ReceivedField && !ulong.TryParse(value, out received)) || (field == SentField && !ulong.TryParse(value, out sent)))
            {
                return false;
            }

            field++;
        }

        return field > SentField;
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using MicroVm.Shared.Codecs;

namespace MicroVm.EdgeAgent.Vms.Control;

/// <summary>Reads what the VMM's API says. The VMM faces a guest, so nothing that it says is taken for true before it is checked.</summary>
internal static class VmmAnswerReader
{
    /// <summary>Longest answer that is taken, its head included.</summary>
    internal const int MaxBytes = 4096;

    private const int FaultCharacters = 200;

    // Firecracker's limit of guest memory is far below; what is more is nonsense.
    private const int MaxMib = 1 << 24;

    /// <summary>The answer; null when it is not whole yet.</summary>
    /// <exception cref="IOException">It is no HTTP, or longer than what is taken.</exception>
    internal static VmmAnswer? TryRead(ReadOnlyMemory<byte> bytes)
    {
        int end = bytes.Span.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return null;
        }

        string[] lines = Encoding.ASCII.GetString(bytes.Span[..end]).Split("\r\n");
        string[] first = lines[0].Split(' ', 3);
        if (first.Length < 2 || !first[0].StartsWith("HTTP/1.", StringComparison.Ordinal) || !int.TryParse(first[1], NumberStyles.None, CultureInfo.InvariantCulture, out int status))
        {
            throw new IOException("its VMM did not answer in HTTP");
        }

        int length = LengthOf(lines);
        return length > MaxBytes - end - 4 ? throw new IOException($"its VMM answered with {length} bytes, more than is taken")
            : bytes.Length - end - 4 < length ? null
            : new VmmAnswer(status, bytes.Slice(end + 4, length));
    }

    /// <summary>The balloon; null for another document.</summary>
    internal static BalloonReading? Balloon(ReadOnlyMemory<byte> body)
    {
        Dictionary<string, long> numbers = Numbers(body.Span);
        return numbers.TryGetValue("target_mib", out long target) && numbers.TryGetValue("actual_mib", out long actual)
            && target is >= 0 and <= MaxMib && actual is >= 0 and <= MaxMib
            ? new BalloonReading((int)target, (int)actual)
            {
                AvailableBytes = Get("available_memory"),
                FreeBytes = Get("free_memory"),
                TotalBytes = Get("total_memory"),
                CacheBytes = Get("disk_caches"),
                OutOfMemoryKills = Get("oom_kill"),
            }
            : null;

        long? Get(string name) => numbers.TryGetValue(name, out long value) && value >= 0 ? value : null;
    }

    /// <summary>What a refusal says.</summary>
    internal static string Fault(ReadOnlyMemory<byte> body) => ShortText.Of(Encoding.UTF8.GetString(body.Span), FaultCharacters);

    private static int LengthOf(string[] lines)
    {
        const string name = "content-length:";
        foreach (string line in lines)
        {
            if (line.StartsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                return int.TryParse(line.AsSpan(name.Length).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                    ? length : throw new IOException("its VMM answered without a length");
            }
        }

        return 0;
    }

    /// <summary>The whole numbers of a flat object; empty when it is none.</summary>
    private static Dictionary<string, long> Numbers(ReadOnlySpan<byte> body)
    {
        Dictionary<string, long> numbers = [];
        Utf8JsonReader reader = new(body);
        string name = "";
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
                {
                    name = reader.GetString()!;
                }
                else if (reader.TokenType == JsonTokenType.Number && reader.CurrentDepth == 1 && reader.TryGetInt64(out long value))
                {
                    numbers[name] = value;
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a name that is not UTF-8.
            numbers.Clear();
        }

        return numbers;
    }
}

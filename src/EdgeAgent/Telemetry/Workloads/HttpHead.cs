using System.Globalization;
using System.Text;

namespace MicroVm.EdgeAgent.Telemetry.Workloads;

/// <summary>The head of an HTTP/1.x request (RFC 9112), as far as taking a small body needs it. Pure.</summary>
/// <param name="Method">Method, such as <c>POST</c>.</param>
/// <param name="Path">Target without its query.</param>
/// <param name="ContentLength">Bytes of the body; null when the head does not say.</param>
/// <param name="IsChunked">The body comes with another transfer coding, such as chunked.</param>
/// <param name="ExpectsContinue">The client wants to hear 100 before it sends the body.</param>
internal sealed record HttpHead(string Method, string Path, long? ContentLength, bool IsChunked, bool ExpectsContinue)
{
    /// <summary>Longest head with its empty line.</summary>
    internal const int MaxBytes = 4096;

    /// <summary>What ends a head.</summary>
    internal static ReadOnlySpan<byte> End => "\r\n\r\n"u8;

    /// <summary>Parses a head without its empty line; null when it is not of that form.</summary>
    internal static HttpHead? TryParse(ReadOnlySpan<byte> head)
    {
        string text = Encoding.Latin1.GetString(head);
        string[] lines = text.Split("\r\n");
        string[] request = lines[0].Split(' ');
        if (request.Length != 3 || request[0].Length == 0 || !request[1].StartsWith('/') || request[2] is not ("HTTP/1.1" or "HTTP/1.0"))
        {
            return null;
        }

        long? length = null;
        bool chunked = false, expects = false;
        foreach (string line in lines.AsSpan(1))
        {
            int colon = line.IndexOf(':');
            // A space before the colon, or a folded line, is how requests are smuggled.
            if (colon <= 0 || line[..colon].AsSpan().IndexOfAny(' ', '\t') >= 0)
            {
                return null;
            }

            ReadOnlySpan<char> value = line.AsSpan(colon + 1).Trim();
            switch (line[..colon].ToLowerInvariant())
            {
                case "content-length":
                    if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) || (length is not null && length != bytes))
                    {
                        return null;
                    }

                    length = bytes;
                    break;
                case "transfer-encoding":
                    chunked = true;
                    break;
                case "expect":
                    expects = value.Equals("100-continue", StringComparison.OrdinalIgnoreCase);
                    break;
                default:
                    break;
            }
        }

        int query = request[1].IndexOf('?');
        return new HttpHead(request[0], query < 0 ? request[1] : request[1][..query], length, chunked, expects);
    }
}

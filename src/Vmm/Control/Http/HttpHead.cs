using System.Buffers.Text;
using System.Text;

namespace MicroVm.Vmm.Control.Http;

/// <summary>
/// Request line and headers (RFC 9112), as far as the API needs them: HTTP/1.0 and 1.1, Content-Length, Connection and Expect.
/// Strict, because two readers that disagree about where a request ends are how requests are smuggled: CRLF only, no folding, no
/// Transfer-Encoding, one Content-Length.
/// </summary>
internal ref struct HttpHead
{
    /// <summary>Method token.</summary>
    internal ReadOnlySpan<byte> Method;

    /// <summary>Request target.</summary>
    internal ReadOnlySpan<byte> Target;

    /// <summary>Bytes of line and headers with the empty line behind them.</summary>
    internal int HeadBytes;

    /// <summary>Bytes of the body.</summary>
    internal int ContentLength;

    /// <summary>The client wants the connection closed after the answer.</summary>
    internal bool Closes;

    /// <summary>The client waits for "100 Continue" before it sends the body.</summary>
    internal bool ExpectsContinue;

    private bool _hasContentLength;
    private int _maxBodyBytes;

    /// <summary>Reads a head from the start of <paramref name="bytes"/>; with <see cref="HttpParseResult.Bad"/> <paramref name="fault"/> says why.</summary>
    internal static HttpParseResult TryParse(
        ReadOnlySpan<byte> bytes, out HttpHead head, out string fault, int maxBodyBytes = HttpLimits.DefaultMaxBodyBytes)
    {
        head = default;
        head._maxBodyBytes = maxBodyBytes;
        fault = "";
        ReadOnlySpan<byte> window = bytes[..Math.Min(bytes.Length, HttpLimits.MaxHeadBytes)];
        int end = window.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            fault = $"Request head is longer than {HttpLimits.MaxHeadBytes} bytes.";
            return bytes.Length < HttpLimits.MaxHeadBytes ? HttpParseResult.NeedMore : HttpParseResult.Bad;
        }

        head.HeadBytes = end + 4;
        ReadOnlySpan<byte> lines = window[..(end + 2)];
        fault = head.ReadRequestLine(TakeLine(ref lines)) ?? head.ReadHeaders(lines) ?? "";
        return fault.Length == 0 ? HttpParseResult.Complete : HttpParseResult.Bad;
    }

    private static ReadOnlySpan<byte> TakeLine(scoped ref ReadOnlySpan<byte> lines)
    {
        int end = lines.IndexOf("\r\n"u8);
        ReadOnlySpan<byte> line = lines[..end];
        lines = lines[(end + 2)..];
        return line;
    }

    private string? ReadRequestLine(ReadOnlySpan<byte> line)
    {
        int first = line.IndexOf((byte)' ');
        int last = line.LastIndexOf((byte)' ');
        if (first <= 0 || last <= first + 1)
        {
            return "Malformed request line.";
        }

        Method = line[..first];
        Target = WithoutHost(line[(first + 1)..last]);
        ReadOnlySpan<byte> version = line[(last + 1)..];
        if (!version.SequenceEqual("HTTP/1.1"u8) && !version.SequenceEqual("HTTP/1.0"u8))
        {
            return "Unsupported HTTP version.";
        }

        Closes = version[^1] == '0';
        bool wellFormed = IsToken(Method) && Target.Length <= HttpLimits.MaxTargetBytes && Target[0] == '/' && IsVisible(Target);
        return wellFormed ? null : "Malformed request line.";
    }

    /// <summary>RFC 9112 section 3.2.2 has every server take a target with scheme and host, too.</summary>
    private static ReadOnlySpan<byte> WithoutHost(ReadOnlySpan<byte> target)
    {
        ReadOnlySpan<byte> scheme = "http://"u8;
        int slash = target.StartsWith(scheme) ? target[scheme.Length..].IndexOf((byte)'/') : -1;
        return slash < 0 ? target : target[(scheme.Length + slash)..];
    }

    private string? ReadHeaders(scoped ReadOnlySpan<byte> lines)
    {
        int count = 0;
        while (!lines.IsEmpty)
        {
            if (++count > HttpLimits.MaxHeaders)
            {
                return $"More than {HttpLimits.MaxHeaders} header fields.";
            }

            ReadOnlySpan<byte> line = TakeLine(ref lines);
            int colon = line.IndexOf((byte)':');
            if (colon <= 0 || !IsToken(line[..colon]) || line.IndexOfAny((byte)'\r', (byte)'\n', (byte)0) >= 0)
            {
                return "Malformed header field.";
            }

            if (ReadHeader(line[..colon], line[(colon + 1)..].Trim(" \t"u8)) is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    private string? ReadHeader(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        if (Ascii.EqualsIgnoreCase(name, "content-length"u8))
        {
            return ReadContentLength(value);
        }

        if (Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8))
        {
            return "Transfer-Encoding is not supported.";
        }

        if (Ascii.EqualsIgnoreCase(name, "connection"u8))
        {
            Closes = Ascii.EqualsIgnoreCase(value, "close"u8) || (Closes && !Ascii.EqualsIgnoreCase(value, "keep-alive"u8));
        }
        else if (Ascii.EqualsIgnoreCase(name, "expect"u8))
        {
            ExpectsContinue = Ascii.EqualsIgnoreCase(value, "100-continue"u8);
            return ExpectsContinue ? null : "Unsupported expectation.";
        }

        return null;
    }

    private string? ReadContentLength(scoped ReadOnlySpan<byte> value)
    {
        bool isNumber = value.Length is > 0 and <= 10
            && value.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0
            && Utf8Parser.TryParse(value, out long length, out int consumed)
            && consumed == value.Length;
        if (!isNumber || _hasContentLength)
        {
            return "Invalid Content-Length.";
        }

        _hasContentLength = true;
        _ = Utf8Parser.TryParse(value, out length, out _);
        if (length > _maxBodyBytes)
        {
            return $"Request payload with size {length} is larger than the limit of {_maxBodyBytes} allowed by server.\n"
                + "All previous unanswered requests will be dropped.";
        }

        ContentLength = (int)length;
        return null;
    }

    private static bool IsToken(ReadOnlySpan<byte> text)
    {
        foreach (byte c in text)
        {
            // RFC 9110 section 5.6.2.
            if (!char.IsAsciiLetterOrDigit((char)c) && "!#$%&'*+-.^_`|~"u8.IndexOf(c) < 0)
            {
                return false;
            }
        }

        return !text.IsEmpty;
    }

    private static bool IsVisible(ReadOnlySpan<byte> text) => text.IndexOfAnyExceptInRange((byte)0x21, (byte)0x7e) < 0;
}

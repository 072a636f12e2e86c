using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;

namespace MicroVm.Vmm.Mmds;

/// <summary>
/// One request of the guest: a line and headers, no body. As lenient as Firecracker's, which takes any header it does not know, and with
/// its words for what is wrong.
/// </summary>
internal ref struct MetadataRequest
{
    private const int ShortestLine = 14;

    /// <summary>Method token.</summary>
    internal ReadOnlySpan<byte> Method;

    /// <summary>Path of the target, with what stands for scheme and host taken away; starts with a slash.</summary>
    internal ReadOnlySpan<byte> Path;

    /// <summary>True for HTTP/1.0.</summary>
    internal bool IsVersion10;

    /// <summary>The connection ends after the answer.</summary>
    internal bool Closes;

    /// <summary>The answer is wanted as JSON.</summary>
    internal bool AcceptsJson;

    /// <summary>The session token; empty without one.</summary>
    internal ReadOnlySpan<byte> Token;

    /// <summary>A token is there, if only an empty one.</summary>
    internal bool HasToken;

    /// <summary>Name of the header that asks for a life time, as it was written; empty without one.</summary>
    internal ReadOnlySpan<byte> TtlName;

    /// <summary>What that header says.</summary>
    internal ReadOnlySpan<byte> Ttl;

    /// <summary>Name of the header that says the request came through a proxy; empty without one.</summary>
    internal ReadOnlySpan<byte> ForwardedName;

    private bool _hasBody;

    /// <summary>Reads a request that ends with its empty line; what is wrong with it otherwise, as status and text.</summary>
    internal static (int Status, string Text)? Parse(ReadOnlySpan<byte> bytes, out MetadataRequest request)
    {
        request = default;
        int end = bytes.IndexOf("\r\n"u8);
        if (end < ShortestLine)
        {
            return (400, "Invalid request.");
        }

        (int, string)? fault = request.ReadLine(bytes[..end]) ?? request.ReadHeaders(bytes[(end + 2)..]);

        // A body would have to be waited for, and nothing here has one.
        return fault ?? (request._hasBody ? (400, "Invalid request.") : null);
    }

    private (int Status, string Text)? ReadLine(ReadOnlySpan<byte> line)
    {
        int first = line.IndexOf((byte)' ');
        int second = first < 0 ? -1 : line[(first + 1)..].IndexOf((byte)' ');
        if (second < 0)
        {
            return (400, "Invalid request.");
        }

        Method = line[..first];
        ReadOnlySpan<byte> target = line.Slice(first + 1, second);
        ReadOnlySpan<byte> version = line[(first + second + 2)..];
        IsVersion10 = version.SequenceEqual("HTTP/1.0"u8);
        Closes = IsVersion10;
        if (!Method.SequenceEqual("GET"u8) && !Method.SequenceEqual("PUT"u8) && !Method.SequenceEqual("PATCH"u8) && !Method.SequenceEqual("DELETE"u8))
        {
            return (501, "Unsupported HTTP method.");
        }

        if (target.IsEmpty || !Utf8.IsValid(target))
        {
            return (400, target.IsEmpty ? "Empty URI not allowed." : "Cannot parse URI as UTF-8.");
        }

        Path = PathOf(target);
        return IsVersion10 || version.SequenceEqual("HTTP/1.1"u8) ? null : (501, "Unsupported HTTP version.");
    }

    private static ReadOnlySpan<byte> PathOf(ReadOnlySpan<byte> target)
    {
        if (target.StartsWith("http://"u8))
        {
            target = target["http://".Length..];
            int slash = target.IndexOf((byte)'/');
            return slash < 0 ? default : target[slash..];
        }

        return target[0] == '/' ? target : default;
    }

    private (int Status, string Text)? ReadHeaders(ReadOnlySpan<byte> lines)
    {
        if (!Utf8.IsValid(lines))
        {
            return (400, "Invalid request.");
        }

        for (int end = lines.IndexOf("\r\n"u8); end > 0; end = lines.IndexOf("\r\n"u8))
        {
            ReadOnlySpan<byte> line = lines[..end];
            lines = lines[(end + 2)..];
            int colon = line.IndexOf((byte)':');
            if (colon < 0)
            {
                return (400, $"Header is incorrectly formatted. Key: {Encoding.UTF8.GetString(line)}");
            }

            if (ReadHeader(line[..colon].Trim(" \t"u8), line[(colon + 1)..]) is { } fault)
            {
                return fault;
            }
        }

        // Lines that end otherwise are no lines.
        return lines.StartsWith("\r\n"u8) ? null : (400, "Invalid request.");
    }

    private (int Status, string Text)? ReadHeader(ReadOnlySpan<byte> name, ReadOnlySpan<byte> raw)
    {
        ReadOnlySpan<byte> value = raw.Trim(" \t"u8);
        if (Is(name, "content-length"u8))
        {
            return ReadContentLength(name, raw, value);
        }

        if (Is(name, "accept"u8))
        {
            AcceptsJson = value.SequenceEqual("application/json"u8) || (AcceptsJson && !value.SequenceEqual("text/plain"u8));
        }
        else if (Is(name, "transfer-encoding"u8))
        {
            _hasBody |= value.SequenceEqual("chunked"u8);
        }
        else if (Is(name, "connection"u8))
        {
            Closes = Is(value, "close"u8) || (Closes && !Is(value, "keep-alive"u8));
        }
        else if (!HasToken && (Is(name, "x-metadata-token"u8) || Is(name, "x-aws-ec2-metadata-token"u8)))
        {
            HasToken = true;
            Token = value;
        }
        else if (TtlName.IsEmpty && (Is(name, "x-metadata-token-ttl-seconds"u8) || Is(name, "x-aws-ec2-metadata-token-ttl-seconds"u8)))
        {
            TtlName = name;
            Ttl = value;
        }
        else if (Is(name, "x-forwarded-for"u8))
        {
            ForwardedName = name;
        }

        return null;
    }

    private (int Status, string Text)? ReadContentLength(ReadOnlySpan<byte> name, ReadOnlySpan<byte> raw, ReadOnlySpan<byte> value)
    {
        bool isNumber = Utf8Parser.TryParse(value, out uint length, out int consumed) && consumed == value.Length;
        _hasBody |= length != 0;
        return isNumber ? null : (400, $"Invalid value. Key:{Encoding.UTF8.GetString(name)}; Value:{Encoding.UTF8.GetString(raw)}");
    }

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> lowerCase) => Ascii.EqualsIgnoreCase(name, lowerCase);
}

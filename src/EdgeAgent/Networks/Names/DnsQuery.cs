using System.Buffers.Binary;

namespace MicroVm.EdgeAgent.Networks.Names;

/// <summary>A question as it came from a guest (RFC 1035, 4.1), checked: one question, no compression, names within their limits.</summary>
/// <param name="Name">Its name, lower case, without the last dot; characters outside printable ASCII are question marks.</param>
/// <param name="Type">What is asked for.</param>
/// <param name="Class">Of which class.</param>
/// <param name="EndBytes">Where the question ends in the message.</param>
internal readonly record struct DnsQuery(string Name, ushort Type, ushort Class, int EndBytes)
{
    /// <summary>Bytes of a message's head.</summary>
    internal const int HeaderBytes = 12;

    /// <summary>Kinds of records.</summary>
    internal const ushort TypeA = 1, TypePtr = 12, TypeAaaa = 28;

    /// <summary>The Internet's class.</summary>
    internal const ushort ClassInternet = 1;

    private const int MostNameBytes = 255, MostLabelBytes = 63;

    /// <summary>Reads a query; false when it is none that is answered.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> message, out DnsQuery query)
    {
        query = default;
        // QR 0, opcode 0, not truncated; one question, no answers.
        if (message.Length < HeaderBytes || (message[2] & 0xFA) != 0
            || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 1
            || BinaryPrimitives.ReadUInt16BigEndian(message[6..]) != 0)
        {
            return false;
        }

        Span<char> name = stackalloc char[MostNameBytes];
        int length = 0, position = HeaderBytes;
        while (true)
        {
            if (position >= message.Length)
            {
                return false;
            }

            int label = message[position++];
            if (label == 0)
            {
                break;
            }

            if (label > MostLabelBytes || position + label > message.Length || length + label + 1 > MostNameBytes)
            {
                return false;
            }

            length = Append(message.Slice(position, label), name, length);
            position += label;
        }

        if (position + 4 > message.Length)
        {
            return false;
        }

        query = new DnsQuery(
            name[..length].ToString(),
            BinaryPrimitives.ReadUInt16BigEndian(message[position..]),
            BinaryPrimitives.ReadUInt16BigEndian(message[(position + 2)..]),
            position + 4);
        return true;
    }

    private static int Append(ReadOnlySpan<byte> label, Span<char> name, int length)
    {
        if (length > 0)
        {
            name[length++] = '.';
        }

        foreach (byte b in label)
        {
            name[length++] = b is > 0x20 and < 0x7F and not (byte)'.' ? char.ToLowerInvariant((char)b) : '?';
        }

        return length;
    }
}

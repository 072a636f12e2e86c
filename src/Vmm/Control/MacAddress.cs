using System.Globalization;

namespace MicroVm.Vmm.Control;

/// <summary>An Ethernet address; the first byte on the wire is the highest of the 48 bits.</summary>
internal readonly record struct MacAddress(ulong Bits)
{
    /// <summary>Bytes of an address.</summary>
    internal const int SizeBytes = 6;

    private const int TextLength = (SizeBytes * 3) - 1;

    /// <summary>Reads six hexadecimal pairs with colons between them.</summary>
    internal static bool TryParse(string text, out MacAddress address)
    {
        ulong bits = 0;
        bool valid = text.Length == TextLength;
        for (int i = 0; valid && i < TextLength; i += 3)
        {
            valid = byte.TryParse(text.AsSpan(i, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value)
                && (i + 2 == TextLength || text[i + 2] == ':');
            bits = (bits << 8) | value;
        }

        address = new MacAddress(bits);
        return valid;
    }

    /// <summary>Writes the six bytes in the order of the wire.</summary>
    internal void CopyTo(Span<byte> destination)
    {
        for (int i = 0; i < SizeBytes; i++)
        {
            destination[i] = (byte)(Bits >> (8 * (SizeBytes - 1 - i)));
        }
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[SizeBytes];
        CopyTo(bytes);
        return $"{bytes[0]:x2}:{bytes[1]:x2}:{bytes[2]:x2}:{bytes[3]:x2}:{bytes[4]:x2}:{bytes[5]:x2}";
    }
}

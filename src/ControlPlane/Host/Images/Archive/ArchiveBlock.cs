namespace MicroVm.ControlPlane.Host.Images.Archive;

/// <summary>Where the fields of a 512-byte tar header are (POSIX.1-2017, pax, ustar interchange format) and how they are coded.</summary>
internal static class ArchiveBlock
{
    /// <summary>Bytes of a header and the unit that contents are padded to.</summary>
    public const int Size = 512;

    /// <summary>Type flags that are not entries but describe the next one or all following.</summary>
    public const byte PaxEntry = (byte)'x', PaxGlobal = (byte)'g', GnuLongName = (byte)'L', GnuLongLink = (byte)'K';

    /// <summary>Older and rarer flags for contents.</summary>
    public const byte OldFile = 0, ContiguousFile = (byte)'7', GnuSparse = (byte)'S';

    /// <summary>Longest name and link target that fit without an extended header.</summary>
    public const int NameBytes = 100;

    public static readonly Range Name = 0..100;
    public static readonly Range Mode = 100..108;
    public static readonly Range UserId = 108..116;
    public static readonly Range GroupId = 116..124;
    public static readonly Range SizeField = 124..136;
    public static readonly Range ModifiedAt = 136..148;
    public static readonly Range Checksum = 148..156;
    public const int TypeFlag = 156;
    public static readonly Range LinkTarget = 157..257;
    public static readonly Range Magic = 257..265;
    public static readonly Range DeviceMajor = 329..337;
    public static readonly Range DeviceMinor = 337..345;
    public static readonly Range Prefix = 345..500;

    /// <summary>Magic and version of ustar.</summary>
    public static ReadOnlySpan<byte> Ustar => "ustar\000"u8;

    /// <summary>Content length rounded up to whole blocks, less the length.</summary>
    public static int PaddingOf(long length) => (int)(-length & (Size - 1));

    /// <summary>A text field up to its first NUL.</summary>
    public static string Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return RawText.Of(end < 0 ? field : field[..end]);
    }

    /// <summary>Sum of the header's bytes with the checksum field counted as spaces.</summary>
    public static int ChecksumOf(ReadOnlySpan<byte> block)
    {
        int sum = 0;
        for (int i = 0; i < Size; i++)
        {
            sum += i >= Checksum.Start.Value && i < Checksum.End.Value ? ' ' : block[i];
        }

        return sum;
    }

    /// <summary>
    /// A number: octal digits among spaces and NULs, or GNU's base 256 when the first byte's top bit is set. False for
    /// anything else and for what does not fit.
    /// </summary>
    public static bool TryNumber(ReadOnlySpan<byte> field, out long value)
    {
        if ((field[0] & 0x80) != 0)
        {
            return TryBase256(field, out value);
        }

        value = 0;
        ReadOnlySpan<byte> digits = field.Trim(" \0"u8);
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return false;
            }

            value = (value << 3) | (uint)(digit - '0');
        }

        return true;
    }

    private static bool TryBase256(ReadOnlySpan<byte> field, out long value)
    {
        // The bit after the marker is the sign of a two's complement number of the field's width less one bit.
        bool negative = (field[0] & 0x40) != 0;
        value = negative ? -1 : 0;
        for (int i = 0; i < field.Length; i++)
        {
            byte digit = i > 0 ? field[i] : negative ? (byte)(field[0] | 0x80) : (byte)(field[0] & 0x7F);
            if (value is > long.MaxValue >> 8 or < long.MinValue >> 8)
            {
                return false;
            }

            value = (value << 8) | digit;
        }

        return true;
    }
}

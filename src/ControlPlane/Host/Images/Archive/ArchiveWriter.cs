using System.Globalization;
using System.Text;

namespace MicroVm.ControlPlane.Host.Images.Archive;

/// <summary>
/// Writes a tar archive in which each byte depends on the entries alone: ustar headers, and pax records in a fixed order
/// for what does not fit into them. Long link targets go the GNU way, because sqfstar 4.5 takes the leading slash off a
/// target in a pax record.
/// </summary>
internal sealed class ArchiveWriter(Stream target)
{
    private const long MaxOctal7 = 0x1FFFFF, MaxOctal11 = 0x1FFFFFFFF;

    private readonly byte[] _block = new byte[ArchiveBlock.Size];
    private int _padding;

    /// <summary>Writes an entry's headers. The caller then writes its <see cref="ArchiveEntry.SizeBytes"/> bytes of content to the stream.</summary>
    public async ValueTask WriteHeaderAsync(ArchiveEntry entry, CancellationToken cancellation)
    {
        await PadAsync(cancellation);
        if (entry.LinkTarget.Length > ArchiveBlock.NameBytes)
        {
            await WriteMetadataAsync([.. RawText.Bytes(entry.LinkTarget), 0], ArchiveBlock.GnuLongLink, cancellation);
        }

        byte[] records = Records(entry);
        if (records.Length > 0)
        {
            await WriteMetadataAsync(records, ArchiveBlock.PaxEntry, cancellation);
        }

        Fill(entry, (byte)entry.Type);
        await target.WriteAsync(_block, cancellation);
        _padding = ArchiveBlock.PaddingOf(entry.SizeBytes);
    }

    /// <summary>Writes the two zero blocks of the end.</summary>
    public async ValueTask FinishAsync(CancellationToken cancellation)
    {
        await PadAsync(cancellation);
        await target.WriteAsync(new byte[2 * ArchiveBlock.Size], cancellation);
        await target.FlushAsync(cancellation);
    }

    private async ValueTask WriteMetadataAsync(byte[] content, byte type, CancellationToken cancellation)
    {
        Fill(new ArchiveEntry { Type = ArchiveEntryType.File, Path = "metadata", SizeBytes = content.Length }, type);
        await target.WriteAsync(_block, cancellation);
        await target.WriteAsync(content, cancellation);
        _padding = ArchiveBlock.PaddingOf(content.Length);
        await PadAsync(cancellation);
    }

    private static byte[] Records(ArchiveEntry entry)
    {
        using MemoryStream records = new();
        if (entry.Path.Length > ArchiveBlock.NameBytes)
        {
            Record(records, "path", RawText.Bytes(entry.Path));
        }

        Number(records, "uid", entry.UserId, MaxOctal7);
        Number(records, "gid", entry.GroupId, MaxOctal7);
        Number(records, "size", entry.SizeBytes, MaxOctal11);
        foreach (ExtendedAttribute attribute in entry.ExtendedAttributes)
        {
            Record(records, "SCHILY.xattr." + attribute.Name, attribute.Value);
        }

        return records.ToArray();
    }

    private static void Number(MemoryStream records, string key, long value, long maximum)
    {
        if (value > maximum)
        {
            Record(records, key, Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)));
        }
    }

    private static void Record(MemoryStream records, string key, byte[] value)
    {
        // The length counts its own digits.
        int rest = key.Length + value.Length + 3;
        int length = rest + Digits(rest);
        if (Digits(length) > Digits(rest))
        {
            length++;
        }

        records.Write(RawText.Bytes($"{length} {key}="));
        records.Write(value);
        records.WriteByte((byte)'\n');
    }

    private static int Digits(int number) => number.ToString(CultureInfo.InvariantCulture).Length;

    private void Fill(ArchiveEntry entry, byte type)
    {
        _block.AsSpan().Clear();
        Text(ArchiveBlock.Name, entry.Path);
        Octal(ArchiveBlock.Mode, entry.Mode);
        Octal(ArchiveBlock.UserId, entry.UserId > MaxOctal7 ? 0 : entry.UserId);
        Octal(ArchiveBlock.GroupId, entry.GroupId > MaxOctal7 ? 0 : entry.GroupId);
        Octal(ArchiveBlock.SizeField, entry.SizeBytes > MaxOctal11 ? 0 : entry.SizeBytes);
        Octal(ArchiveBlock.ModifiedAt, entry.ModifiedAt);
        _block[ArchiveBlock.TypeFlag] = type;
        Text(ArchiveBlock.LinkTarget, entry.LinkTarget);
        ArchiveBlock.Ustar.CopyTo(_block.AsSpan(ArchiveBlock.Magic));
        Octal(ArchiveBlock.DeviceMajor, entry.DeviceMajor);
        Octal(ArchiveBlock.DeviceMinor, entry.DeviceMinor);
        Octal(ArchiveBlock.Checksum, ArchiveBlock.ChecksumOf(_block));
    }

    private void Text(Range field, string raw)
    {
        byte[] bytes = RawText.Bytes(raw.Length > ArchiveBlock.NameBytes ? raw[..ArchiveBlock.NameBytes] : raw);
        bytes.CopyTo(_block.AsSpan(field));
    }

    private void Octal(Range field, long value)
    {
        Span<byte> digits = _block.AsSpan(field)[..^1];
        for (int i = digits.Length - 1; i >= 0; i--)
        {
            digits[i] = (byte)('0' + (value & 7));
            value >>= 3;
        }
    }

    private async ValueTask PadAsync(CancellationToken cancellation)
    {
        if (_padding > 0)
        {
            await target.WriteAsync(new byte[_padding], cancellation);
            _padding = 0;
        }
    }
}

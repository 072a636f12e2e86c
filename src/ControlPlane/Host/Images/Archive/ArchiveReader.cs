using System.Buffers;
using System.Globalization;

namespace MicroVm.ControlPlane.Host.Images.Archive;

/// <summary>
/// Reads a tar archive entry by entry from a stream that need not seek: ustar, pax and GNU's long names. System.Formats.Tar
/// decodes names and attribute values as UTF-8 and so does not bring every file through unchanged; this reader does.
/// Content is read between two calls of <see cref="NextAsync"/> or skipped by the second.
/// </summary>
/// <param name="source">The archive.</param>
/// <param name="name">What it is called in errors.</param>
/// <param name="metadataLimit">Most bytes of one entry's long names and extended headers.</param>
internal sealed class ArchiveReader(Stream source, string name, int metadataLimit)
{
    private const int CopyBytes = 128 << 10;

    private readonly byte[] _block = new byte[ArchiveBlock.Size];
    private long _contentLeft;
    private int _padding;
    private int _entries;
    private string _last = "";

    /// <summary>Bytes read from the archive; right after <see cref="NextAsync"/> the offset of the entry's content.</summary>
    public long Position { get; private set; }

    private string Thing => _entries == 0 ? name : $"{name}, entry {_entries} after {RawText.Show(_last)}";

    /// <summary>The next entry, or null at the end of the archive.</summary>
    /// <exception cref="ImageImportException">The bytes are not a tar archive, or an entry is of an unsupported kind.</exception>
    public async ValueTask<ArchiveEntry?> NextAsync(CancellationToken cancellation)
    {
        await SkipContentAsync(cancellation);
        PaxRecords pax = PaxRecords.None;
        string? longName = null, longLink = null;
        while (await ReadHeaderAsync(cancellation))
        {
            long size = Number(ArchiveBlock.SizeField, "a size", 0, long.MaxValue);
            switch (_block[ArchiveBlock.TypeFlag])
            {
                case ArchiveBlock.PaxEntry:
                    pax = PaxRecords.Parse(await ReadMetadataAsync(size, cancellation), Thing);
                    break;
                case ArchiveBlock.PaxGlobal:
                    await ReadMetadataAsync(size, cancellation);
                    break;
                case ArchiveBlock.GnuLongName:
                    longName = ArchiveBlock.Text(await ReadMetadataAsync(size, cancellation));
                    break;
                case ArchiveBlock.GnuLongLink:
                    longLink = ArchiveBlock.Text(await ReadMetadataAsync(size, cancellation));
                    break;
                default:
                    return Begin(pax, longName, longLink, size);
            }
        }

        return null;
    }

    /// <summary>Copies the content of the current entry, handing each piece to <paramref name="sink"/>.</summary>
    public async Task CopyContentAsync(Func<ReadOnlyMemory<byte>, ValueTask> sink, CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            while (_contentLeft > 0)
            {
                int count = (int)Math.Min(_contentLeft, buffer.Length);
                await ReadAsync(buffer.AsMemory(0, count), cancellation);
                _contentLeft -= count;
                await sink(buffer.AsMemory(0, count));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task SkipContentAsync(CancellationToken cancellation)
    {
        await CopyContentAsync(static _ => ValueTask.CompletedTask, cancellation);
        await ReadAsync(_block.AsMemory(0, _padding), cancellation);
        _padding = 0;
    }

    /// <summary>Reads a header block; false at the archive's end, which is a block of zeros or the end of the stream.</summary>
    private async ValueTask<bool> ReadHeaderAsync(CancellationToken cancellation)
    {
        int count = await source.ReadAtLeastAsync(_block, _block.Length, throwOnEndOfStream: false, cancellation);
        Position += count;
        if (count == 0 || (count == _block.Length && !_block.AsSpan().ContainsAnyExcept((byte)0)))
        {
            return false;
        }

        if (count < _block.Length)
        {
            throw Truncated();
        }

        bool summed = ArchiveBlock.TryNumber(_block.AsSpan(ArchiveBlock.Checksum), out long checksum);
        int found = ArchiveBlock.ChecksumOf(_block);
        return summed && checksum == found
            ? true
            : throw ImageImportException.Invalid(Thing, "a tar header with its checksum", "other bytes");
    }

    private async ValueTask<byte[]> ReadMetadataAsync(long size, CancellationToken cancellation)
    {
        if (size > metadataLimit)
        {
            throw ImageImportException.TooLarge($"{Thing}: extended header", $"{metadataLimit} bytes", $"{size}");
        }

        byte[] content = new byte[size];
        await ReadAsync(content, cancellation);
        await ReadAsync(_block.AsMemory(0, ArchiveBlock.PaddingOf(size)), cancellation);
        return content;
    }

    private ArchiveEntry Begin(PaxRecords pax, string? longName, string? longLink, long headerSize)
    {
        string path = pax["path"] ?? longName ?? HeaderName();
        _last = path;
        _entries++;
        if (pax.IsSparse)
        {
            throw ImageImportException.Unsupported(Thing, "plain file content", "GNU sparse content");
        }

        ArchiveEntryType type = TypeOf(path);
        long size = type == ArchiveEntryType.File ? Record(pax, "size", 0, long.MaxValue) ?? headerSize : 0;
        _contentLeft = size;
        _padding = ArchiveBlock.PaddingOf(size);
        bool device = type is ArchiveEntryType.CharacterDevice or ArchiveEntryType.BlockDevice;
        return new ArchiveEntry
        {
            Type = type,
            Path = path,
            LinkTarget = type is ArchiveEntryType.HardLink or ArchiveEntryType.SymbolicLink
                ? pax["linkpath"] ?? longLink ?? ArchiveBlock.Text(_block.AsSpan(ArchiveBlock.LinkTarget))
                : "",
            Mode = (int)(Number(ArchiveBlock.Mode, "a mode", 0, int.MaxValue) & 0xFFF),
            UserId = (uint)(Record(pax, "uid", 0, uint.MaxValue) ?? Number(ArchiveBlock.UserId, "a user id", 0, uint.MaxValue)),
            GroupId = (uint)(Record(pax, "gid", 0, uint.MaxValue) ?? Number(ArchiveBlock.GroupId, "a group id", 0, uint.MaxValue)),
            ModifiedAt = (uint)Math.Clamp(ModifiedAt(pax), 0, uint.MaxValue),
            SizeBytes = size,
            // Linux's device numbers have 12 and 20 bits.
            DeviceMajor = device ? (uint)Number(ArchiveBlock.DeviceMajor, "a major device number", 0, 0xFFF) : 0,
            DeviceMinor = device ? (uint)Number(ArchiveBlock.DeviceMinor, "a minor device number", 0, 0xFFFFF) : 0,
            ExtendedAttributes = pax.ExtendedAttributes,
        };
    }

    private string HeaderName()
    {
        string shortName = ArchiveBlock.Text(_block.AsSpan(ArchiveBlock.Name));
        // GNU's own format has other fields where ustar has the prefix.
        bool ustar = _block.AsSpan(ArchiveBlock.Magic).SequenceEqual(ArchiveBlock.Ustar);
        string prefix = ustar ? ArchiveBlock.Text(_block.AsSpan(ArchiveBlock.Prefix)) : "";
        return prefix.Length == 0 ? shortName : $"{prefix}/{shortName}";
    }

    private ArchiveEntryType TypeOf(string path)
    {
        byte flag = _block[ArchiveBlock.TypeFlag];
        return flag switch
        {
            // Before ustar a directory was a file whose name ends in a slash.
            ArchiveBlock.OldFile or (byte)ArchiveEntryType.File or ArchiveBlock.ContiguousFile =>
                path.EndsWith('/') ? ArchiveEntryType.Directory : ArchiveEntryType.File,
            >= (byte)ArchiveEntryType.HardLink and <= (byte)ArchiveEntryType.Fifo => (ArchiveEntryType)flag,
            ArchiveBlock.GnuSparse => throw ImageImportException.Unsupported(Thing, "plain file content", "GNU sparse content"),
            _ => throw ImageImportException.Unsupported(Thing, "a file, directory, link, device or pipe", $"tar type 0x{flag:x2}"),
        };
    }

    private long ModifiedAt(PaxRecords pax)
    {
        if (pax["mtime"] is not { } text)
        {
            return ArchiveBlock.TryNumber(_block.AsSpan(ArchiveBlock.ModifiedAt), out long seconds) ? seconds : 0;
        }

        return decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal exact)
            ? (long)Math.Clamp(Math.Floor(exact), 0, uint.MaxValue)
            : throw ImageImportException.Invalid(Thing, "seconds in the record mtime", RawText.Show(text));
    }

    private long? Record(PaxRecords pax, string key, long minimum, long maximum)
    {
        if (pax[key] is not { } text)
        {
            return null;
        }

        bool number = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value);
        return number && value >= minimum && value <= maximum
            ? value
            : throw ImageImportException.Invalid(Thing, $"{minimum} to {maximum} in the record {key}", RawText.Show(text));
    }

    private long Number(Range field, string what, long minimum, long maximum)
    {
        ReadOnlySpan<byte> bytes = _block.AsSpan(field);
        return ArchiveBlock.TryNumber(bytes, out long value) && value >= minimum && value <= maximum
            ? value
            : throw ImageImportException.Invalid(Thing, $"{what} from {minimum} to {maximum}", RawText.Show(RawText.Of(bytes)));
    }

    private async ValueTask ReadAsync(Memory<byte> target, CancellationToken cancellation)
    {
        int count = await source.ReadAtLeastAsync(target, target.Length, throwOnEndOfStream: false, cancellation);
        Position += count;
        if (count < target.Length)
        {
            throw Truncated();
        }
    }

    private ImageImportException Truncated() =>
        ImageImportException.Invalid(Thing, "more bytes", $"the end of the archive at byte {Position}");
}

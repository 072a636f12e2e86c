using System.Formats.Tar;
using System.Text;
using MicroVm.ControlPlane.Host.Images;
using MicroVm.ControlPlane.Host.Images.Archive;

namespace MicroVm.ControlPlane.Tests.Images;

public sealed class ArchiveTests
{
    private const int MetadataLimit = 4096;

    [Fact]
    public async Task Entry_WrittenAndRead_IsTheSame()
    {
        ArchiveEntry[] entries =
        [
            new()
            {
                Type = ArchiveEntryType.File,
                Path = RawText.Of([.. Encoding.ASCII.GetBytes(new string('p', 120)), 0xFF, 0xFE]),
                Mode = 0x9ED,
                UserId = uint.MaxValue,
                GroupId = 3_000_000,
                ModifiedAt = uint.MaxValue,
                ExtendedAttributes = [new("security.capability", [1, 0, 0, 2, 0xFF, (byte)'\n', 0]), new("user.empty", [])],
            },
            new() { Type = ArchiveEntryType.SymbolicLink, Path = "s", LinkTarget = "/" + new string('t', 130) },
            new() { Type = ArchiveEntryType.HardLink, Path = "h", LinkTarget = new string('u', 101) },
            new() { Type = ArchiveEntryType.BlockDevice, Path = "b", DeviceMajor = 4095, DeviceMinor = 0xFFFFF },
            new() { Type = ArchiveEntryType.Directory, Path = new string('d', 100), Mode = 0x3FF },
        ];
        using MemoryStream stream = new();
        ArchiveWriter writer = new(stream);
        foreach (ArchiveEntry entry in entries)
        {
            await writer.WriteHeaderAsync(entry, CancellationToken.None);
        }

        await writer.FinishAsync(CancellationToken.None);
        stream.Position = 0;

        ArchiveReader reader = new(stream, "archive", MetadataLimit);
        foreach (ArchiveEntry expected in entries)
        {
            ArchiveEntry? found = await reader.NextAsync(CancellationToken.None);
            Assert.NotNull(found);
            Assert.Equal(expected with { ExtendedAttributes = [] }, found with { ExtendedAttributes = [] });
            Assert.Equal(
                expected.ExtendedAttributes.Select(static x => (x.Name, Convert.ToHexString(x.Value))),
                found.ExtendedAttributes.Select(static x => (x.Name, Convert.ToHexString(x.Value))));
        }

        Assert.Null(await reader.NextAsync(CancellationToken.None));
        Assert.Equal(stream.Length - ArchiveBlock.Size, stream.Position);
    }

    [Fact]
    public async Task OverlayMarks_AreNotTakenOver()
    {
        PaxTarEntry entry = new(TarEntryType.RegularFile, "a", new Dictionary<string, string>
        {
            ["SCHILY.xattr.trusted.overlay.opaque"] = "y",
            ["SCHILY.xattr.user.kept"] = "k",
            ["SCHILY.xattr.system.posix_acl_access"] = "x",
        });

        ArchiveEntry? found = await Reader(entry).NextAsync(CancellationToken.None);

        Assert.Equal(["user.kept"], found!.ExtendedAttributes.Select(static x => x.Name));
    }

    [Fact]
    public async Task SparseFile_IsRefused()
    {
        PaxTarEntry entry = new(TarEntryType.RegularFile, "a", new Dictionary<string, string> { ["GNU.sparse.major"] = "1" });

        ImageImportException refusal = await Assert.ThrowsAsync<ImageImportException>(() => Reader(entry).NextAsync(CancellationToken.None).AsTask());

        Assert.Equal(ImageFault.Unsupported, refusal.Fault);
    }

    [Fact]
    public async Task ExtendedHeader_OverTheLimit_IsRefused()
    {
        PaxTarEntry entry = new(TarEntryType.RegularFile, "a", new Dictionary<string, string> { ["comment"] = new string('c', MetadataLimit) });

        ImageImportException refusal = await Assert.ThrowsAsync<ImageImportException>(() => Reader(entry).NextAsync(CancellationToken.None).AsTask());

        Assert.Equal(ImageFault.TooLarge, refusal.Fault);
    }

    [Theory]
    [InlineData("5 a=b\n")]
    [InlineData("7 a=b\n")]
    [InlineData("x a=b\n")]
    [InlineData("6 a=b")]
    [InlineData("6 abc\n")]
    [InlineData("6 =bc\n")]
    [InlineData("-6 a=b\n")]
    [InlineData("99999999999 a=b\n")]
    public void PaxRecord_Malformed_IsRefused(string records) =>
        Assert.Throws<ImageImportException>(() => PaxRecords.Parse(Encoding.ASCII.GetBytes(records), "archive"));

    [Theory]
    [InlineData("0000644\0", 420)]
    [InlineData(" 644 \0  ", 420)]
    [InlineData("        ", 0)]
    [InlineData("00000000", 0)]
    public void Number_Octal_IsRead(string field, long expected)
    {
        Assert.True(ArchiveBlock.TryNumber(Encoding.ASCII.GetBytes(field), out long value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("8000000000000100", 256)]
    [InlineData("ffffffffffffffff", -1)]
    [InlineData("ffffffffffffff00", -256)]
    public void Number_Base256_IsRead(string hex, long expected)
    {
        Assert.True(ArchiveBlock.TryNumber(Convert.FromHexString(hex), out long value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("30303030383838382020")]
    [InlineData("2d31000000000000")]
    [InlineData("800000007fffffffffffffffff")]
    public void Number_Malformed_IsRefused(string hex) => Assert.False(ArchiveBlock.TryNumber(Convert.FromHexString(hex), out _));

    [Fact]
    public async Task Header_WithAFlippedBit_IsRefused()
    {
        byte[] tar = new TestLayer().File("a", "content").ToArray();
        int header = tar.AsSpan().LastIndexOf("ustar"u8) - 257;
        for (int i = 0; i < 345; i += 7)
        {
            byte[] damaged = [.. tar];
            damaged[header + i] ^= 0x01;

            ArchiveReader reader = new(new MemoryStream(damaged), "archive", MetadataLimit);

            await Assert.ThrowsAsync<ImageImportException>(() => reader.NextAsync(CancellationToken.None).AsTask());
        }
    }

    private static ArchiveReader Reader(TarEntry entry)
    {
        MemoryStream stream = new();
        using (TarWriter writer = new(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            writer.WriteEntry(entry);
        }

        stream.Position = 0;
        return new ArchiveReader(stream, "archive", MetadataLimit);
    }
}

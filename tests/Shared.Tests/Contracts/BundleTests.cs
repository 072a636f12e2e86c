using System.Buffers.Binary;
using MicroVm.Shared.Contracts.Bundles;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Tests.Contracts;

public sealed class BundleTests
{
    private static readonly byte[][] s_contents = [.. new[] { "first"u8.ToArray(), "the second"u8.ToArray() }.OrderBy(static content => Digest.Of(content).Value, StringComparer.Ordinal)];
    private static readonly ImageReference[] s_images = [.. s_contents.Select(static content => new ImageReference(Digest.Of(content), (ulong)content.Length, "app:1", "amd64"))];
    private static readonly BundleDevice[] s_devices = [new(DeviceId.Parse("dev-1"), [1, 2, 3], [4]), new(DeviceId.Parse("dev-2"), [5], [])];
    private static readonly BundleHeader s_header = new(1_000, 2, 2, 15);
    private static readonly BundleDevice[] s_updated = [s_devices[0] with { Release = [6, 7] }, s_devices[1]];
    private static readonly BundleHeader s_updatedHeader = s_header with { Releases = 1 };

    [Fact]
    public async Task Read_OfWhatWasWritten_IsTheSame()
    {
        byte[] bundle = await WriteAsync(s_header, s_devices, s_images);

        (BundleHeader header, List<BundleDevice> devices, List<(ImageReference Image, byte[] Content)> images) = await ReadAsync(bundle);

        Assert.Equal(s_header, header);
        Assert.Equivalent(s_devices, devices, strict: true);
        Assert.Equal(s_images, images.Select(static one => one.Image));
        Assert.Equal(s_contents, images.Select(static one => one.Content));
        Assert.Equal(bundle.Length, BundleWriter.SizeOf(s_header, s_devices, s_images));
    }

    /// <summary>Sticks are written by one release and read by another.</summary>
    [Fact]
    public async Task Written_IsTheCheckedInVector()
    {
        await AssertVectorAsync("v1.hex", s_header, s_devices);
        await AssertVectorAsync("v2.hex", s_updatedHeader, s_updated);
    }

    [Fact]
    public async Task Read_OfAnAgentRelease_IsTheSameAndOfTheNextVersion()
    {
        byte[] bundle = await WriteAsync(s_updatedHeader, s_updated, s_images);

        (BundleHeader header, List<BundleDevice> devices, List<(ImageReference, byte[])> images) = await ReadAsync(bundle);

        Assert.Equal((s_updatedHeader, 2, 2), (header, (int)bundle[11], images.Count));
        Assert.Equivalent(s_updated, devices, strict: true);
        Assert.Equal(bundle.Length, BundleWriter.SizeOf(s_updatedHeader, s_updated, s_images));
    }

    [Fact]
    public async Task Read_AgentReleasesThatTheHeaderOrTheVersionDoesNotHave_AreRefused()
    {
        await RefusesAsync(await WriteAsync(s_header, s_updated, s_images), "expected a record of kind 1 to 7, found kind 8");
        await RefusesAsync(await WriteAsync(s_updatedHeader with { Releases = 2 }, s_updated, s_images), "expected 2 devices and 2 agent releases, as its header says, found 2 and 1");
        byte[] bundle = await WriteAsync(s_updatedHeader, s_updated, s_images);
        await RefusesAsync([.. bundle[..11], 1, .. bundle[12..]], "expected a header of version 1, found 1 agent releases");
        await RefusesAsync(await WriteAsync(s_updatedHeader, [s_updated[0] with { Release = new byte[65_536] }, s_updated[1]], s_images, cut: 1), "cut off");
    }

    [Fact]
    public async Task Read_ContentsNobodyReads_AreReadOver()
    {
        using BundleReader reader = new(new MemoryStream(await WriteAsync(s_header, s_devices, s_images)));
        await reader.ReadHeaderAsync(default);
        while (await reader.ReadDeviceAsync(default) is not null)
        {
        }

        Assert.Equal(s_images, new[] { await reader.ReadImageAsync(default), await reader.ReadImageAsync(default) });
        Assert.Null(await reader.ReadImageAsync(default));
    }

    /// <summary>Every record boundary among them.</summary>
    [Fact]
    public async Task Read_CutAnywhere_IsRefused()
    {
        byte[] bundle = await WriteAsync(s_updatedHeader, s_updated, s_images);
        for (int length = 0; length < bundle.Length; length++)
        {
            WireFormatException fault = await Assert.ThrowsAsync<WireFormatException>(() => ReadAsync(bundle[..length]));
            Assert.Contains("it is cut off", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Read_AnyBitFlipped_IsRefused()
    {
        byte[] bundle = await WriteAsync(s_updatedHeader, s_updated, s_images);
        for (int bit = 0; bit < bundle.Length * 8; bit++)
        {
            byte[] other = [.. bundle];
            other[bit / 8] ^= (byte)(1 << (bit % 8));
            await Assert.ThrowsAsync<WireFormatException>(() => ReadAsync(other));
        }
    }

    [Fact]
    public async Task Read_DevicesOutOfOrderOrTwice_AreRefused()
    {
        await RefusesAsync(await WriteAsync(s_header, [s_devices[1], s_devices[0]], s_images), "in the order of their ids, found another device after 'dev-2'");
        await RefusesAsync(await WriteAsync(s_header, [s_devices[0], s_devices[0]], s_images), "each once");
        await RefusesAsync(await WriteAsync(s_header, [s_devices[0]], s_images), "expected 2 devices, as its header says, found 1");
        await RefusesAsync(await WriteAsync(s_header with { Devices = 1 }, s_devices, s_images), "expected 1 devices");
    }

    [Fact]
    public async Task Read_ImagesOutOfOrderTwiceOrMissing_AreRefused()
    {
        await RefusesAsync(await WriteAsync(s_header, s_devices, [s_images[1], s_images[0]]), "in the order of their digests");
        await RefusesAsync(await WriteAsync(s_header, s_devices, [s_images[0], s_images[0]]), "each once");
        await RefusesAsync(await WriteAsync(s_header, s_devices, [s_images[0]]), "expected 2 images of 15 bytes, as its header says, found 1");
        await RefusesAsync(await WriteAsync(s_header with { ContentBytes = 14 }, s_devices, s_images), "found 2 of 15");
    }

    [Fact]
    public async Task Read_OtherFilesAndVersions_AreRefusedByName()
    {
        byte[] bundle = await WriteAsync(s_header, s_devices, s_images);
        await RefusesAsync([.. "PK\x03\x04 and something else"u8], "expected a file that 'mvm bundle' made");
        await RefusesAsync([.. bundle[..11], 3, .. bundle[12..]], "expected version 1 or 2, found 3");
        await RefusesAsync([.. bundle, 0], "expected the end of the file behind End, found more bytes");
        await RefusesAsync([.. bundle, .. bundle], "found more bytes");
    }

    [Fact]
    public async Task Read_DeclaredLength_IsCheckedAndSizesNothing()
    {
        byte[] bundle = await WriteAsync(s_header, s_devices, s_images);
        int desired = bundle.AsSpan().IndexOf("dev-1"u8) + 5;
        await RefusesAsync(Declaring(bundle, desired, long.MaxValue), "bundle Desired: expected at most 1048576 bytes, found 9223372036854775807");
        await RefusesAsync(Declaring(bundle, desired, -1), "found 18446744073709551615");
        await ReadAsync(bundle);

        byte[] large = Declaring(bundle, desired, 1 << 20);
        long before = GC.GetAllocatedBytesForCurrentThread();
        await RefusesAsync(large, "Desired: expected 1048576 bytes, found the end of the file");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 256 << 10);
    }

    [Fact]
    public async Task Write_AnotherContent_EndsTheWriting()
    {
        using BundleWriter writer = new(new MemoryStream());
        await writer.WriteHeaderAsync(s_header, default);
        foreach (byte[] other in new byte[][] { [], [1], [.. s_contents[0], 0], [.. s_contents[0].Select(static one => (byte)(one + 1))] })
        {
            await Assert.ThrowsAsync<WireFormatException>(() => writer.WriteImageAsync(s_images[0], new MemoryStream(other), static _ => { }, default));
        }
    }

    private static async Task AssertVectorAsync(string name, BundleHeader header, BundleDevice[] devices)
    {
        string text = string.Concat(Convert.ToHexStringLower(await WriteAsync(header, devices, s_images)).Chunk(64).Select(static line => new string(line) + "\n"));
        string path = RepositoryFiles.Path("tests", "Fixtures", "bundles", name);
        RepositoryFiles.AssertHolds(path, text);
        byte[] vector = Convert.FromHexString(string.Concat(await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken)));
        Assert.Equal(header, (await ReadAsync(vector)).Header);
    }

    private static async Task RefusesAsync(byte[] bundle, string why) => Assert.Contains(
        why, (await Assert.ThrowsAsync<WireFormatException>(() => ReadAsync(bundle))).Message, StringComparison.Ordinal);

    private static byte[] Declaring(byte[] bundle, int head, long length)
    {
        byte[] other = [.. bundle];
        BinaryPrimitives.WriteInt64BigEndian(other.AsSpan(head + 1), length);
        return other;
    }

    private static async Task<byte[]> WriteAsync(BundleHeader header, IEnumerable<BundleDevice> devices, IEnumerable<ImageReference> images, int cut = 0)
    {
        MemoryStream target = new();
        using BundleWriter writer = new(target);
        await writer.WriteHeaderAsync(header, default);
        foreach (BundleDevice device in devices)
        {
            await writer.WriteDeviceAsync(device, default);
        }

        foreach (ImageReference image in images)
        {
            await writer.WriteImageAsync(image, new MemoryStream(s_contents[Array.IndexOf(s_images, image)]), static _ => { }, default);
        }

        await writer.FinishAsync(default);
        return target.ToArray()[..^cut];
    }

    private static async Task<(BundleHeader Header, List<BundleDevice> Devices, List<(ImageReference Image, byte[] Content)> Images)> ReadAsync(byte[] bundle)
    {
        using BundleReader reader = new(new MemoryStream(bundle));
        BundleHeader header = await reader.ReadHeaderAsync(default);
        List<BundleDevice> devices = [];
        while (await reader.ReadDeviceAsync(default) is BundleDevice device)
        {
            devices.Add(device);
        }

        List<(ImageReference, byte[])> images = [];
        while (await reader.ReadImageAsync(default) is ImageReference image)
        {
            MemoryStream content = new();
            await reader.ReadContentAsync((piece, _) => { content.Write(piece.Span); return ValueTask.CompletedTask; }, default);
            images.Add((image, content.ToArray()));
        }

        return (header, devices, images);
    }
}

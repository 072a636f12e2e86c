using System.Text;
using System.Text.Json.Nodes;
using MicroVm.ControlPlane.Host.Images;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Tests.Images;

public sealed class ImageImporterTests : IDisposable
{
    private readonly ImportBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Layout_Complete_BecomesAFileNamedByItsDigest()
    {
        TestLayout layout = new();
        JsonObject process = new()
        {
            ["User"] = "1000:1000",
            ["Env"] = new JsonArray("A=1", "PATH=/bin"),
            ["Entrypoint"] = new JsonArray("/bin/hello"),
            ["Cmd"] = new JsonArray("--fast"),
            ["WorkingDir"] = "/srv",
        };
        JsonObject manifest = layout.AddImage([TestLayer.Of(layer => layer.File("bin/hello", "program", 0x1ED))], process: process);
        layout.SetIndex(manifest);

        ImportedImage image = await _bench.ImportAsync(layout);

        ImportedPlatform platform = Assert.Single(image.Platforms);
        string path = _bench.Importer.PathOf(platform.Digest);
        byte[] content = await File.ReadAllBytesAsync(path);
        Assert.Equal([path], _bench.Left);
        Assert.Equal(Digest.Of(content), platform.Digest);
        Assert.Equal(content.Length, platform.SizeBytes);
        Assert.Equal((string?)manifest["digest"], platform.ManifestDigest.Value);
        Assert.Equal((platform.ManifestDigest, "x86_64"), (image.Digest, platform.Architecture));
        Assert.Equal("hello:1", image.Name.ToString());
        Assert.Equal(("1000:1000", "/srv"), (platform.Config.Process!.User, platform.Config.Process.WorkingDir));
        Assert.Equal(["/bin/hello", "--fast"], platform.Config.Process.Entrypoint!.Concat(platform.Config.Process.Cmd!));
        Assert.Equal(["A=1", "PATH=/bin"], platform.Config.Process.Env!);
    }

    [Fact]
    public async Task Layout_ImportedTwice_HasTheSameDigest()
    {
        byte[] lower = TestLayer.Of(layer => layer.File("b", new string('b', 300_000)).File("a", "a").HardLink("c", "b"));
        byte[] upper = TestLayer.Of(layer => layer.Directory("d").File("d/e", "e"));
        using ImportBench second = new();

        ImportedImage first = await _bench.ImportAsync(TestLayout.Of(lower, upper));
        ImportedImage again = await _bench.ImportAsync(TestLayout.Of(lower, upper));
        ImportedImage elsewhere = await second.ImportAsync(TestLayout.Of(lower, upper));

        Assert.Equal(first.Platforms[0].Digest, again.Platforms[0].Digest);
        Assert.Equal(first.Platforms[0].Digest, elsewhere.Platforms[0].Digest);
        Assert.Single(_bench.Left);
    }

    [Fact]
    public async Task Layout_WithEntriesInAnotherOrder_HasTheSameDigest()
    {
        ImportedImage first = await _bench.ImportAsync(TestLayout.Of(layer => layer.File("a", "1").File("b", "2")));
        ImportedImage second = await _bench.ImportAsync(TestLayout.Of(layer => layer.File("b", "2").File("a", "1")));

        Assert.Equal(first.Platforms[0].Digest, second.Platforms[0].Digest);
    }

    [Fact]
    public async Task SquashFs_IsZstdOfTheLatestFilesTime()
    {
        ImportedImage image = await _bench.ImportAsync(TestLayout.Of(layer => layer.File("a", "1")));

        string superblock = ImportBench.Run("env", "TZ=UTC", "unsquashfs", "-s", _bench.Importer.PathOf(image.Platforms[0].Digest));

        Assert.Contains("Compression zstd", superblock);
        Assert.Contains("Sun Sep 13 12:26:40 2020", superblock);
    }

    [Fact]
    public async Task Layers_CompressedWithGzipAndZstd_EqualUncompressed()
    {
        byte[] lower = TestLayer.Of(layer => layer.File("a", "1"));
        byte[] upper = TestLayer.Of(layer => layer.File("b", "2"));
        TestLayout layout = new();
        layout.SetIndex(layout.AddImage(
            [layout.AddBlob(TestLayout.Gzip(lower), TestLayout.TarType + "+gzip"), layout.AddBlob(Zstd(upper), TestLayout.TarType + "+zstd")],
            [Digest.Of(lower).Value, Digest.Of(upper).Value]));

        ImportedImage compressed = await _bench.ImportAsync(layout);
        ImportedImage plain = await _bench.ImportAsync(TestLayout.Of(lower, upper));

        Assert.Equal(plain.Platforms[0].Digest, compressed.Platforms[0].Digest);
    }

    [Fact]
    public async Task Layout_CompressedWithGzip_IsAccepted()
    {
        TestLayout layout = TestLayout.Of(layer => layer.File("a", "1"));

        ImportedImage zipped = await _bench.ImportAsync(TestLayout.Gzip(layout.ToTar()));

        Assert.Equal((await _bench.ImportAsync(layout)).Platforms[0].Digest, zipped.Platforms[0].Digest);
    }

    [Fact]
    public async Task Record_ThatFails_LeavesNothing()
    {
        Task Fail(ImportedImage image, CancellationToken cancellation) => throw new InvalidOperationException("no row");

        await Assert.ThrowsAsync<InvalidOperationException>(() => _bench.Importer.ImportAsync(
            ImportBench.Name("a:1"), new MemoryStream(TestLayout.Of(layer => layer.File("a")).ToTar()), Fail, TestContext.Current.CancellationToken));

        Assert.Empty(_bench.Left);
    }

    [Fact]
    public async Task Record_ThatFailsForAKnownFile_KeepsTheFile()
    {
        TestLayout layout = TestLayout.Of(layer => layer.File("a"));
        await _bench.ImportAsync(layout);
        Task Fail(ImportedImage image, CancellationToken cancellation) => throw new InvalidOperationException("no row");

        await Assert.ThrowsAsync<InvalidOperationException>(() => _bench.Importer.ImportAsync(
            ImportBench.Name("b:1"), new MemoryStream(layout.ToTar()), Fail, TestContext.Current.CancellationToken));

        Assert.Single(_bench.Left);
    }

    [Fact]
    public async Task Sqfstar_Missing_IsSaid()
    {
        using ImportBench bench = new(sqfstar: "sqfstar-that-is-not-installed");

        ImageImportException refusal = await bench.RefuseAsync(TestLayout.Of(layer => layer.File("a")));

        Assert.Equal(ImageFault.Server, refusal.Fault);
        Assert.Contains("package squashfs-tools", refusal.Message);
    }

    [Fact]
    public async Task Sqfstar_ThatFails_IsSaidInItsWords()
    {
        using ImportBench bench = new(sqfstar: "false");

        ImageImportException refusal = await bench.RefuseAsync(TestLayout.Of(layer => layer.File("a", new string('a', 1 << 20))));

        Assert.Equal(ImageFault.Server, refusal.Fault);
        Assert.Contains("false ended with code 1", refusal.Message);
    }

    [Fact]
    public async Task Blob_WithAnotherDigest_IsRefused()
    {
        TestLayout layout = TestLayout.Of(layer => layer.File("a", "content"));
        string blob = layout.Files.Keys.First(static name => name.StartsWith("blobs/"));
        layout.Files[blob] = [.. layout.Files[blob], 0];

        ImageImportException refusal = await _bench.RefuseAsync(layout);

        Assert.Equal(ImageFault.Invalid, refusal.Fault);
        Assert.Contains($"{blob}: expected content with the digest in its name, found sha256:", refusal.Message);
    }

    [Fact]
    public async Task Descriptor_WithAnotherSize_IsRefused()
    {
        TestLayout layout = new();
        JsonObject manifest = layout.AddImage([TestLayer.Of(layer => layer.File("a"))]);
        int size = (int)manifest["size"]!;
        manifest["size"] = size + 1;

        ImageImportException refusal = await _bench.RefuseAsync(layout.SetIndex(manifest));

        Assert.Contains($"expected {size + 1} bytes as its descriptor says, found {size}", refusal.Message);
    }

    [Fact]
    public async Task Layer_WithAnotherDiffId_IsRefused()
    {
        TestLayout layout = new();
        byte[] tar = TestLayer.Of(layer => layer.File("a"));
        string wrong = Digest.Of("other"u8).Value;

        ImageImportException refusal = await _bench.RefuseAsync(
            layout.SetIndex(layout.AddImage([layout.AddBlob(tar, TestLayout.TarType)], [wrong])));

        Assert.Contains($"with diff id {wrong}, found {Digest.Of(tar)}", refusal.Message);
    }

    [Fact]
    public async Task Blob_Missing_IsRefused()
    {
        TestLayout layout = new();
        byte[] tar = TestLayer.Of(layer => layer.File("a"));
        layout.SetIndex(layout.AddImage([tar]));
        layout.Files.Remove(TestLayout.PathOf(Digest.Of(tar)));

        ImageImportException refusal = await _bench.RefuseAsync(layout);

        Assert.Contains("found none in the layout", refusal.Message);
    }

    [Theory]
    [InlineData("application/vnd.oci.image.layer.v1.tar+br")]
    [InlineData("text/plain")]
    public async Task Layer_OfUnknownMediaType_IsRefused(string mediaType)
    {
        TestLayout layout = new();
        byte[] tar = TestLayer.Of(layer => layer.File("a"));

        ImageImportException refusal = await _bench.RefuseAsync(
            layout.SetIndex(layout.AddImage([layout.AddBlob(tar, mediaType)], [Digest.Of(tar).Value])));

        Assert.Equal(ImageFault.Unsupported, refusal.Fault);
        Assert.Contains($"found '{mediaType}'", refusal.Message);
    }

    [Theory]
    [InlineData("+gzip")]
    [InlineData("+zstd")]
    public async Task Layer_ThatIsNotCompressedAsItSays_IsRefused(string suffix)
    {
        TestLayout layout = new();
        byte[] tar = TestLayer.Of(layer => layer.File("a"));

        ImageImportException refusal = await _bench.RefuseAsync(
            layout.SetIndex(layout.AddImage([layout.AddBlob(tar, TestLayout.TarType + suffix)], [Digest.Of(tar).Value])));

        Assert.Equal(ImageFault.Invalid, refusal.Fault);
    }

    [Fact]
    public async Task Layer_TruncatedAnywhere_IsRefused()
    {
        byte[] tar = TestLayer.Of(layer => layer.Directory("d").File("d/f", new string('f', 700)));
        byte[] zipped = TestLayout.Gzip(tar);
        for (int length = 1; length < zipped.Length; length += 13)
        {
            TestLayout layout = new();
            layout.SetIndex(layout.AddImage([layout.AddBlob(zipped[..length], TestLayout.TarType + "+gzip")], [Digest.Of(tar).Value]));

            ImageImportException refusal = await _bench.RefuseAsync(layout);

            Assert.Equal(ImageFault.Invalid, refusal.Fault);
        }
    }

    [Fact]
    public async Task LayoutTar_TruncatedAnywhere_IsRefused()
    {
        byte[] tar = TestLayout.Of(layer => layer.File("a", "1")).ToTar();
        // The last two blocks are zeros that say that nothing follows.
        for (int length = 0; length < tar.Length - 1024; length += 509)
        {
            ImageImportException refusal = await _bench.RefuseAsync(tar[..length]);

            Assert.Equal(ImageFault.Invalid, refusal.Fault);
        }
    }

    [Fact]
    public async Task LayoutTar_ThatIsSomethingElse_IsRefused()
    {
        ImageImportException refusal = await _bench.RefuseAsync(Encoding.UTF8.GetBytes(new string('x', 4096)));

        Assert.Contains("image layout: expected a tar header", refusal.Message);
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("/etc/evil")]
    [InlineData("blobs/sha256/../../../evil")]
    public async Task LayoutTar_WithAPathThatLeavesIt_IsRefused(string path)
    {
        ImageImportException refusal = await _bench.RefuseAsync(new TestLayer().File(path, "evil").ToArray());

        Assert.Contains("expected paths inside the layout", refusal.Message);
    }

    [Fact]
    public async Task LayoutTar_WithALink_IsRefused()
    {
        ImageImportException refusal = await _bench.RefuseAsync(new TestLayer().SymbolicLink("index.json", "/etc/passwd").ToArray());

        Assert.Contains("'index.json': expected a regular file, found SymbolicLink", refusal.Message);
    }

    [Fact]
    public async Task LayoutTar_WithOneFileTwice_IsRefused()
    {
        ImageImportException refusal = await _bench.RefuseAsync(new TestLayer().File("index.json", "{}").File("index.json", "{}").ToArray());

        Assert.Contains("expected one file 'index.json', found two", refusal.Message);
    }

    [Fact]
    public async Task LayoutTar_WithADirectoryInFront_SaysWhatIsMissing()
    {
        ImageImportException refusal = await _bench.RefuseAsync(new TestLayer().File("hello/oci-layout", "{}").ToArray());

        Assert.Contains("oci-layout: expected the file at the top of an OCI image layout, found none", refusal.Message);
    }

    [Theory]
    [InlineData("oci-layout", "{\"imageLayoutVersion\":\"2.0.0\"}", "imageLayoutVersion 1.0.0, found '2.0.0'")]
    [InlineData("oci-layout", "not json", "expected JSON")]
    [InlineData("index.json", "[]", "expected JSON")]
    [InlineData("index.json", "null", "expected a JSON object, found null")]
    [InlineData("index.json", "{}", "expected an image for linux/amd64 or linux/arm64, found no image")]
    [InlineData("index.json", "{\"manifests\":[null]}", "expected descriptors, found null")]
    public async Task Document_Malformed_IsRefused(string file, string content, string message)
    {
        TestLayout layout = TestLayout.Of(layer => layer.File("a"));
        layout.Files[file] = Encoding.UTF8.GetBytes(content);

        ImageImportException refusal = await _bench.RefuseAsync(layout);

        Assert.Contains(message, refusal.Message);
    }

    [Fact]
    public async Task Limits_OfEntriesBytesAndLayers_AreHeld()
    {
        TestLayout layout = TestLayout.Of(layer => layer.File("a", new string('a', 5000)), layer => layer.File("b"));
        ImageImportLimits[] limits =
        [
            new() { Entries = 1 }, new() { UnpackedBytes = 4096 }, new() { Layers = 1 }, new() { LayoutBytes = 4096 },
            new() { LayoutEntries = 3 }, new() { DocumentBytes = 10 }, new() { IndexDescriptors = 0 },
        ];
        foreach (ImageImportLimits limit in limits)
        {
            using ImportBench bench = new(limit);

            ImageImportException refusal = await bench.RefuseAsync(layout);

            Assert.Equal(ImageFault.TooLarge, refusal.Fault);
        }
    }

    private static byte[] Zstd(byte[] content)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, content);
            ImportBench.Run("zstd", "-q", "-f", path, "-o", path + ".zst");
            return File.ReadAllBytes(path + ".zst");
        }
        finally
        {
            File.Delete(path);
            File.Delete(path + ".zst");
        }
    }
}

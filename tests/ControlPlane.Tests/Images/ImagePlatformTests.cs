using System.Text;
using System.Text.Json.Nodes;
using MicroVm.ControlPlane.Host.Images;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Tests.Images;

/// <summary>Layouts with several platforms, as docker buildx, skopeo and umoci write them, and what is wrong with others.</summary>
public sealed class ImagePlatformTests : IDisposable
{
    private readonly ImportBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Index_OfTwoPlatformsAndAttestations_GivesOneSquashfsForEach()
    {
        TestLayout layout = new();
        JsonObject attestation = layout.AddImage([Layer("attestation")]);
        attestation["platform"] = TestLayout.Platform("unknown", "unknown");
        JsonObject nested = layout.AddBlob(
            TestLayout.Index(
                layout.AddImage([Layer("amd")]),
                layout.AddImage([Layer("arm")], "arm64", process: new JsonObject { ["Cmd"] = new JsonArray("/arm") }),
                attestation,
                (JsonObject)attestation.DeepClone()),
            TestLayout.IndexType);
        string? digest = (string?)nested["digest"];

        ImportedImage image = await _bench.ImportAsync(layout.SetIndex(nested));

        Assert.Equal(["aarch64", "x86_64"], image.Platforms.Select(platform => platform.Architecture));
        Assert.Equal(digest, image.Digest.Value);
        Assert.Equal(("arm", "amd"), (_bench.Extract(image, "aarch64").Read("which"), _bench.Extract(image, "x86_64").Read("which")));
        Assert.Equal(["/arm"], image.Platforms[0].Config.Process!.Cmd!);
        Assert.Empty(image.LeftOut);
    }

    [Fact]
    public async Task TopIndex_OfTwoPlatforms_IsKnownByItsManifestsAlone()
    {
        ImportedImage first = await _bench.ImportAsync(Loose("1"));
        ImportedImage other = await _bench.ImportAsync(Loose("2"), "hello:2");

        Assert.Equal(["aarch64", "x86_64"], first.Platforms.Select(platform => platform.Architecture));
        Assert.Equal(first.Digest, other.Digest);
        Assert.DoesNotContain(first.Digest, first.Platforms.SelectMany(platform => new[] { platform.Digest, platform.ManifestDigest }));

        // Another image in the same layout is no part of it.
        TestLayout Loose(string tag)
        {
            TestLayout layout = new();
            return layout.SetIndex(
                layout.AddImage([Layer("amd")], tag: tag),
                layout.AddImage([Layer($"other {tag}")], tag: "other"),
                layout.AddImage([Layer("arm")], "arm64", tag: tag));
        }
    }

    [Fact]
    public async Task TopIndex_WithATagForEachPlatform_IsOneImage()
    {
        TestLayout layout = new();
        layout.SetIndex(layout.AddImage([Layer("amd")], tag: "1-amd64"), layout.AddImage([Layer("arm")], "arm64", tag: "1-arm64"));

        Assert.Equal(2, (await _bench.ImportAsync(layout)).Platforms.Count);
    }

    [Fact]
    public async Task TopIndex_WhoseTagNamesOnePlatform_TakesThatAlone()
    {
        TestLayout layout = new();
        layout.SetIndex(layout.AddImage([Layer("one")], tag: "1"), layout.AddImage([Layer("two")], "arm64", tag: "2"));

        ImportedImage image = await _bench.ImportAsync(layout, "hello:2");

        Assert.Equal(("aarch64", image.Platforms[0].ManifestDigest), (Assert.Single(image.Platforms).Architecture, image.Digest));
    }

    [Fact]
    public async Task Platforms_OfOneFileSystem_ShareTheFile()
    {
        TestLayout layout = new();
        layout.SetIndex(layout.AddImage([Layer("data")]), layout.AddImage([Layer("data")], "arm64"));

        ImportedImage image = await _bench.ImportAsync(layout);

        Assert.Equal(image.Platforms[0].Digest, image.Platforms[1].Digest);
        Assert.NotEqual(image.Platforms[0].ManifestDigest, image.Platforms[1].ManifestDigest);
        Assert.Single(_bench.Left);
    }

    [Theory]
    [InlineData("arm64", "v8", "aarch64")]
    [InlineData("arm64", "", "aarch64")]
    [InlineData("amd64", "v1", "x86_64")]
    public async Task Variant_ThatEveryDeviceHas_IsTaken(string architecture, string variant, string expected)
    {
        TestLayout layout = new();
        layout.SetIndex(layout.AddImage([Layer("a")], architecture, variant: variant));

        Assert.Equal(expected, Assert.Single((await _bench.ImportAsync(layout)).Platforms).Architecture);
    }

    [Fact]
    public async Task Platforms_ThatNoDeviceHas_AreLeftOutAndNamed()
    {
        TestLayout layout = new();
        layout.SetIndex(
            layout.AddImage([Layer("v7")], "arm", variant: "v7"),
            layout.AddImage([Layer("v3")], "amd64", variant: "v3"),
            layout.AddImage([Layer("amd")]),
            layout.AddImage([Layer("386")], "386"),
            Windows(layout));

        ImportedImage image = await _bench.ImportAsync(layout);

        Assert.Equal("amd", _bench.Extract(image).Read("which"));
        Assert.Equal(["linux/386", "linux/amd64/v3", "linux/arm/v7", "windows/amd64"], image.LeftOut);
    }

    [Fact]
    public async Task Index_WithoutAPlatformThatDevicesHave_IsRefusedNamingWhatWasFound()
    {
        TestLayout layout = new();
        JsonObject nested = layout.AddBlob(
            TestLayout.Index(layout.AddImage([Layer("v7")], "arm", variant: "v7"), layout.AddImage([Layer("v6")], "arm", variant: "v6"), Windows(layout)),
            TestLayout.IndexType);

        ImageImportException refusal = await _bench.RefuseAsync(layout.SetIndex(nested));

        Assert.Equal(ImageFault.Invalid, refusal.Fault);
        Assert.Equal(
            "image layout: expected an image for linux/amd64 or linux/arm64, found linux/arm/v7, linux/arm/v6, windows/amd64", refusal.Message);
    }

    [Fact]
    public async Task Index_WithAHostilePlatformName_IsRefusedInOneLine()
    {
        TestLayout layout = new();

        ImageImportException refusal = await _bench.RefuseAsync(
            layout.SetIndex(layout.AddImage([Layer("a")], "line\nend" + new string('x', 10_000))));

        Assert.True(refusal.Message.Length < 300, refusal.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Index_WithOnePlatformTwice_IsRefused(bool variant)
    {
        TestLayout layout = new();
        layout.SetIndex(
            layout.AddImage([Layer("one")], "arm64"), layout.AddImage([Layer("two")], "arm64", variant: variant ? "v8" : null));

        ImageImportException refusal = await _bench.RefuseAsync(layout);

        Assert.StartsWith("image index: expected one manifest for linux/arm64, found 2: sha256:", refusal.Message);
    }

    [Fact]
    public async Task Index_WithOneManifestTwice_IsNoConflict()
    {
        TestLayout layout = new();
        JsonObject manifest = layout.AddImage([Layer("one")], "arm64");

        ImportedImage image = await _bench.ImportAsync(layout.SetIndex(manifest, (JsonObject)manifest.DeepClone()));

        Assert.Equal("aarch64", Assert.Single(image.Platforms).Architecture);
    }

    [Fact]
    public async Task Index_ThatIsMissing_IsRefused()
    {
        TestLayout layout = new();
        JsonObject nested = layout.AddBlob(TestLayout.Index(layout.AddImage([Layer("a")])), TestLayout.IndexType);
        layout.Files.Remove(TestLayout.PathOf(Digest.Parse((string?)nested["digest"])));

        ImageImportException refusal = await _bench.RefuseAsync(layout.SetIndex(nested));

        Assert.StartsWith("image index sha256:", refusal.Message);
        Assert.EndsWith("found none in the layout", refusal.Message);
    }

    [Fact]
    public async Task Index_OfWhichOneManifestWasCopied_IsRefused()
    {
        TestLayout layout = new();
        JsonObject arm = layout.AddImage([Layer("arm")], "arm64");
        JsonObject nested = layout.AddBlob(TestLayout.Index(layout.AddImage([Layer("amd")]), arm), TestLayout.IndexType);
        Digest missing = Digest.Parse((string?)nested["digest"]);
        missing = Digest.Parse((string?)JsonNode.Parse(layout.Files[TestLayout.PathOf(missing)])!["manifests"]![1]!["digest"]);
        layout.Files.Remove(TestLayout.PathOf(missing));

        ImageImportException refusal = await _bench.RefuseAsync(layout.SetIndex(nested));

        Assert.StartsWith($"image manifest {missing}: expected a blob", refusal.Message);
    }

    /// <summary>A blob cannot name itself, because its digest is its name; but few of them can say a lot.</summary>
    [Fact]
    public async Task Index_ThatMultipliesItself_IsRefused()
    {
        TestLayout layout = new();
        JsonObject nested = layout.AddImage([Layer("a")]);
        for (int i = 0; i < 4; i++)
        {
            nested = layout.AddBlob(
                TestLayout.Index([.. Enumerable.Range(0, 40).Select(_ => (JsonObject)nested.DeepClone())]), TestLayout.IndexType);
        }

        ImageImportException refusal = await _bench.RefuseAsync(layout.SetIndex(nested));

        Assert.Equal(ImageFault.TooLarge, refusal.Fault);
        Assert.Contains("1024 descriptors", refusal.Message);
    }

    [Fact]
    public async Task Platform_ThatCannotBeImported_LeavesNothingOfTheOthers()
    {
        TestLayout layout = new();
        byte[] bad = Encoding.UTF8.GetBytes(new string('x', 2048));
        layout.SetIndex(layout.AddImage([bad]), layout.AddImage([Layer("arm")], "arm64"));

        ImageImportException refusal = await _bench.RefuseAsync(layout);

        Assert.Equal(ImageFault.Invalid, refusal.Fault);
    }

    private static JsonObject Windows(TestLayout layout)
    {
        JsonObject manifest = layout.AddImage([Layer("windows")]);
        manifest["platform"] = TestLayout.Platform("amd64", "windows");
        return manifest;
    }

    private static byte[] Layer(string content) => TestLayer.Of(layer => layer.File("which", content));
}

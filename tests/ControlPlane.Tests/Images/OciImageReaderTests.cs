using System.Text.Json.Nodes;
using MicroVm.ControlPlane.Host.Images;

namespace MicroVm.ControlPlane.Tests.Images;

public sealed class OciImageReaderTests : IDisposable
{
    private readonly ImportBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Index_InsideAnIndex_IsFollowed()
    {
        TestLayout layout = new();
        JsonObject nested = layout.AddBlob(TestLayout.Index(layout.AddImage([Layer("a")])), TestLayout.IndexType);

        ImportedImage image = await _bench.ImportAsync(layout.SetIndex(nested));

        Assert.Equal("a", _bench.Extract(image).Read("which"));
    }

    [Fact]
    public async Task Index_TooDeep_IsRefused()
    {
        TestLayout layout = new();
        JsonObject nested = layout.AddImage([Layer("a")]);
        for (int i = 0; i < 6; i++)
        {
            nested = layout.AddBlob(TestLayout.Index(nested), TestLayout.IndexType);
        }

        ImageImportException refusal = await _bench.RefuseAsync(layout.SetIndex(nested));

        Assert.Equal(ImageFault.TooLarge, refusal.Fault);
    }

    [Fact]
    public async Task Manifest_WithoutPlatform_TakesItFromTheConfig()
    {
        TestLayout layout = new();
        JsonObject manifest = layout.AddImage([Layer("a")]);
        manifest.Remove("platform");

        ImportedImage image = await _bench.ImportAsync(layout.SetIndex(manifest));

        Assert.Equal("amd64", Assert.Single(image.Platforms).Config.Architecture);
    }

    [Fact]
    public async Task Config_ForAnotherPlatformThanTheIndexSays_IsRefused()
    {
        TestLayout layout = new();
        JsonObject manifest = layout.AddImage([Layer("a")], "arm64");
        manifest["platform"] = new JsonObject { ["architecture"] = "amd64", ["os"] = "linux" };

        ImageImportException refusal = await _bench.RefuseAsync(layout.SetIndex(manifest));

        Assert.Equal("image config: expected linux/amd64, found linux/arm64", refusal.Message);
    }

    [Fact]
    public async Task SeveralImages_AreToldApartByTag()
    {
        TestLayout layout = new();
        layout.SetIndex(layout.AddImage([Layer("one")], tag: "1"), layout.AddImage([Layer("two")], tag: "2"));

        ImportedImage image = await _bench.ImportAsync(layout, "hello:2");

        Assert.Equal("two", _bench.Extract(image).Read("which"));
    }

    [Fact]
    public async Task SeveralImages_WithoutTheTag_AreRefused()
    {
        TestLayout layout = new();
        layout.SetIndex(layout.AddImage([Layer("one")], tag: "a"), layout.AddImage([Layer("two")], tag: "b"));

        ImageImportException refusal = await _bench.RefuseAsync(layout);

        Assert.Equal(
            "image layout: expected one image for linux/amd64, or one with the tag '1', found 2 with the tags 'a', 'b'", refusal.Message);
    }

    [Theory]
    [InlineData("hello", "hello:latest")]
    [InlineData("hello:1", "hello:1")]
    [InlineData("team/app_x.y--z:v1.0-rc_2", "team/app_x.y--z:v1.0-rc_2")]
    public void ImageName_WellFormed_HasATag(string text, string expected)
    {
        Assert.True(ImageName.TryParse(text, out ImageName? name));
        Assert.Equal(expected, name.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("Hello:1")]
    [InlineData("hello:")]
    [InlineData(":1")]
    [InlineData("../hello:1")]
    [InlineData("hello:1\n")]
    [InlineData("hello:.1")]
    [InlineData("/hello")]
    [InlineData("a//b")]
    public void ImageName_Malformed_IsRefused(string? text) => Assert.False(ImageName.TryParse(text, out _));

    private static byte[] Layer(string content) => TestLayer.Of(layer => layer.File("which", content));
}

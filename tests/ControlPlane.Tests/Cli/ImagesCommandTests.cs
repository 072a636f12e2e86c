using System.Formats.Tar;
using System.Text;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Tests.Cli;

public sealed class ImagesCommandTests : IDisposable
{
    private static readonly ImagePlatformView s_platform = new(
        "linux/amd64", "x86_64", "sha256:" + new string('c', 64), "sha256:" + new string('b', 64), 3UL << 20, ["/bin/hello"], ["-v"], [], "", "");

    private static readonly ImageView s_image = new("hello:1", "sha256:" + new string('a', 64), [s_platform], [], DateTimeOffset.UtcNow);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mvm-push-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Push_OfADirectory_SendsWhatBelongsToALayout()
    {
        Write("index.json", "{}");
        Write("oci-layout", "marker");
        Write("blobs/sha256/b", "second");
        Write("blobs/sha256/a", "first");
        Write("umoci.json", "not sent");
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(s_image, ApiJsonContext.Default.ImageView);

        CliRun run = await CliRun.OfAsync(server.Url, "images", "push", _directory.FullName, "--name", "hello:1");

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal($"image hello:1 pushed for linux/amd64, 3 MiB, {s_image.Digest}\n", run.Out);
        ReceivedRequest request = Assert.Single(server.Received);
        Assert.Equal(("POST", ApiPaths.Images + "?name=hello%3A1", "application/x-tar"), (request.Method, request.Path, request.ContentType));
        Assert.Equal(
            ["oci-layout=marker", "index.json={}", "blobs/sha256/a=first", "blobs/sha256/b=second"], Unpack(request.Body));
    }

    [Fact]
    public async Task Push_OfATar_SendsItAsItIs()
    {
        byte[] tar = Encoding.UTF8.GetBytes("any bytes: the server checks them");
        string path = Path.Combine(_directory.FullName, "layout.tar");
        await File.WriteAllBytesAsync(path, tar);
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(s_image, ApiJsonContext.Default.ImageView);

        CliRun run = await CliRun.OnTerminalAsync(server.Url, "images", "push", path, "--name", "hello:1");

        Assert.Equal(0, run.Code);
        Assert.Equal(tar, server.Received[0].Body);
        Assert.Contains("pushing [########################]", run.Out);
    }

    [Fact]
    public async Task Push_OfADirectoryThatIsNoLayout_IsCode2()
    {
        Write("oci-layout", "marker");

        CliRun run = await CliRun.OfAsync("http://127.0.0.1:1", "images", "push", _directory.FullName, "--name", "hello:1");

        Assert.Equal(2, run.Code);
        Assert.Contains("expected an OCI image layout (oci-layout, index.json, blobs/sha256), found no index.json", run.Error);
    }

    [Fact]
    public async Task List_ShowsWhatAnImageRuns()
    {
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(new ListView<ImageView>([s_image]), ApiJsonContext.Default.ListViewImageView);

        CliRun run = await CliRun.OfAsync(server.Url, "images");

        Assert.StartsWith("hello:1  sha256:aaaaaaaaaaaa  linux/amd64  3 MiB", run.OutLines[1]);
        Assert.EndsWith("/bin/hello -v", run.OutLines[1]);
    }

    [Fact]
    public async Task Push_OfSeveralPlatforms_SaysWhichWereTakenAndLeftOut()
    {
        ImagePlatformView arm = s_platform with { Platform = "linux/arm64", Architecture = "aarch64", Digest = "sha256:" + new string('d', 64) };
        ImageView both = s_image with { Platforms = [arm, s_platform], LeftOut = ["linux/arm/v7"] };
        string tar = Path.Combine(_directory.FullName, "layout.tar");
        await File.WriteAllTextAsync(tar, "any bytes");
        await using FakeControlPlane server = await FakeControlPlane.StartAsync(both, ApiJsonContext.Default.ImageView);

        CliRun run = await CliRun.OfAsync(server.Url, "images", "push", tar, "--name", "hello:1");

        Assert.Equal(
            $"image hello:1 pushed for linux/arm64 and linux/amd64, 6 MiB, {both.Digest}; left out, because no device has them: linux/arm/v7\n", run.Out);
    }

    private static List<string> Unpack(byte[] tar)
    {
        List<string> files = [];
        using TarReader reader = new(new MemoryStream(tar));
        while (reader.GetNextEntry() is { } entry)
        {
            using StreamReader content = new(entry.DataStream!);
            files.Add($"{entry.Name}={content.ReadToEnd()}");
        }

        return files;
    }

    private void Write(string name, string content)
    {
        string path = Path.Combine(_directory.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }
}

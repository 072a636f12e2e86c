using System.Text.Json.Nodes;
using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Host.Images;
using MicroVm.ControlPlane.Host.Storage;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Tests.Images;

public sealed class ImageStoreTests : IDisposable
{
    private static readonly byte[] s_layer = TestLayer.Of(layer => layer.File("a", "content"));

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("microvm-store-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task Images_OfOneFileSystem_KeepTheirOwnConfigs()
    {
        DataDirectory directory = DataDirectory.Open(_root.FullName);
        using (Database database = Database.Open(directory))
        using (ImageStore store = new(database, directory))
        {
            ImageView first = await PushAsync(store, "hello:1", "/bin/one");
            ImageView second = await PushAsync(store, "hello:2", "/bin/two");
            Assert.Equal(first.Digest, second.Digest);
            Assert.NotEqual(first.ManifestDigest, second.ManifestDigest);
        }

        // What was answered is still there after a restart.
        using Database again = Database.Open(directory);
        using ImageStore reopened = new(again, directory);
        Assert.Equal(["hello:1=/bin/one", "hello:2=/bin/two"], (await reopened.ListAsync(Cancellation)).Select(Describe));
        Assert.Equal("hello:1=/bin/one", Describe(await reopened.FindByNameAsync("hello:1", Cancellation)));
        Assert.Single(Directory.GetFiles(directory.Images));
    }

    [Fact]
    public async Task Name_PushedAgain_PointsAtTheNewImage()
    {
        DataDirectory directory = DataDirectory.Open(_root.FullName);
        using Database database = Database.Open(directory);
        using ImageStore store = new(database, directory);

        ImageView old = await PushAsync(store, "hello", "/bin/one");
        ImageView renewed = await PushAsync(store, "hello:latest", "/bin/two");

        Assert.Equal("hello:latest", old.Name);
        Assert.Equal(renewed.ManifestDigest, (await store.FindByNameAsync("hello:latest", Cancellation))!.ManifestDigest);
        Assert.Equal(["=/bin/one", "hello:latest=/bin/two"], (await store.ListAsync(Cancellation)).Select(Describe));
    }

    [Fact]
    public async Task RootFs_IsFoundByItsDigestAlone()
    {
        DataDirectory directory = DataDirectory.Open(_root.FullName);
        using Database database = Database.Open(directory);
        using ImageStore store = new(database, directory);

        ImageView image = await PushAsync(store, "hello:1", "/bin/one");

        string? path = await store.FindRootFsAsync(Digest.Parse(image.Digest), Cancellation);
        Assert.Equal((ulong)new FileInfo(path!).Length, image.SizeBytes);
        Assert.Equal(image.Digest, Digest.Of(await File.ReadAllBytesAsync(path!, Cancellation)).Value);
        Assert.Null(await store.FindRootFsAsync(Digest.Of("other"u8), Cancellation));
        Assert.Null(await store.FindByDigestAsync(Digest.Of("other"u8), Cancellation));
        Assert.Null(await store.FindByNameAsync("other:1", Cancellation));
    }

    [Fact]
    public void Leftovers_OfAKilledProcess_AreRemovedAtStart()
    {
        DataDirectory directory = DataDirectory.Open(_root.FullName);
        DirectoryInfo leftover = _root.CreateSubdirectory("staging/0123");
        File.WriteAllText(Path.Combine(leftover.FullName, "layer-0.tar"), "half");

        using Database database = Database.Open(directory);
        using ImageStore store = new(database, directory);

        leftover.Refresh();
        Assert.False(leftover.Exists);
    }

    private static string Describe(ImageView? image) => $"{image!.Name}={string.Join(' ', image.Cmd)}";

    private static Task<ImageView> PushAsync(ImageStore store, string name, string command)
    {
        TestLayout layout = new();
        layout.SetIndex(layout.AddImage([s_layer], process: new JsonObject { ["Cmd"] = new JsonArray(command) }));
        return store.ImportAsync(new MemoryStream(layout.ToTar()), name, Cancellation);
    }
}

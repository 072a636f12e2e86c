using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using MicroVm.ControlPlane.Host.Configuration;
using MicroVm.ControlPlane.Host.Images;
using MicroVm.ControlPlane.Host.Storage;
using MicroVm.ControlPlane.Host.Storage.Migrations;
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
            Assert.Equal(first.Platforms[0].Digest, second.Platforms[0].Digest);
            Assert.NotEqual(first.Digest, second.Digest);
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
        Assert.Equal(renewed.Digest, (await store.FindByNameAsync("hello:latest", Cancellation))!.Digest);
        Assert.Equal(["=/bin/one", "hello:latest=/bin/two"], (await store.ListAsync(Cancellation)).Select(Describe));
    }

    [Fact]
    public async Task RootFs_IsFoundByItsDigestAlone()
    {
        DataDirectory directory = DataDirectory.Open(_root.FullName);
        using Database database = Database.Open(directory);
        using ImageStore store = new(database, directory);

        ImageView image = await PushAsync(store, "hello:1", "/bin/one");

        ImagePlatformView platform = Assert.Single(image.Platforms);
        string? path = await store.FindRootFsAsync(Digest.Parse(platform.Digest), Cancellation);
        Assert.Equal((ulong)new FileInfo(path!).Length, platform.SizeBytes);
        Assert.Equal(platform.Digest, Digest.Of(await File.ReadAllBytesAsync(path!, Cancellation)).Value);
        Assert.Null(await store.FindRootFsAsync(Digest.Of("other"u8), Cancellation));
        Assert.Null(await store.FindByDigestAsync(Digest.Of("other"u8), Cancellation));
        Assert.Null(await store.FindByNameAsync("other:1", Cancellation));
    }

    [Fact]
    public async Task Image_OfTwoPlatforms_IsFoundByAnyOfItsDigests()
    {
        DataDirectory directory = DataDirectory.Open(_root.FullName);
        using Database database = Database.Open(directory);
        using ImageStore store = new(database, directory);
        TestLayout layout = new();
        layout.SetIndex(
            layout.AddImage([s_layer]),
            layout.AddImage([TestLayer.Of(layer => layer.File("arm"))], "arm64"),
            layout.AddImage([s_layer], "arm", variant: "v7"));

        ImageView pushed = await store.ImportAsync(new MemoryStream(layout.ToTar()), "hello:1", Cancellation);

        Assert.Equal(["linux/arm64", "linux/amd64"], pushed.Platforms.Select(platform => platform.Platform));
        Assert.Equal(["linux/arm/v7"], pushed.LeftOut);
        ImageView[] found =
        [
            Assert.Single(await store.ListAsync(Cancellation)),
            (await store.FindByDigestAsync(Digest.Parse(pushed.Digest), Cancellation))!,
            (await store.FindByDigestAsync(Digest.Parse(pushed.Platforms[0].Digest), Cancellation))!,
            (await store.FindByDigestAsync(Digest.Parse(pushed.Platforms[1].ManifestDigest), Cancellation))!,
        ];
        Assert.All(found, image => Assert.Equivalent(pushed, image, strict: true));
        Assert.All(pushed.Platforms, platform => Assert.NotNull(store.FindRootFsAsync(Digest.Parse(platform.Digest), Cancellation).Result));
        Assert.Null(await store.FindRootFsAsync(Digest.Parse(pushed.Digest), Cancellation));
    }

    [Fact]
    public async Task Images_OfTheSchemaBefore_HaveOnePlatform()
    {
        DataDirectory directory = DataDirectory.Open(_root.FullName);
        using (SqliteConnection old = new($"Data Source={directory.DatabaseFile};Pooling=False"))
        {
            old.Open();
            foreach (Migration step in MigrationRunner.All.Take(4))
            {
                old.Execute(step.Sql);
            }

            old.Execute(
                """
                INSERT INTO images VALUES ($manifest, $digest, 7, 'amd64', '["/bin/a"]', '[]', '[]', 'me', '/', 1000);
                INSERT INTO image_names VALUES ('a:1', $manifest, 1000);
                PRAGMA user_version = 4
                """,
                ("$manifest", Digest.Of("manifest"u8).Value),
                ("$digest", Digest.Of("squashfs"u8).Value));
        }

        using Database database = Database.Open(directory);
        using ImageStore store = new(database, directory);

        ImageView image = Assert.Single(await store.ListAsync(Cancellation));
        Assert.Equal(("a:1", Digest.Of("manifest"u8).Value), (image.Name, image.Digest));
        ImagePlatformView platform = Assert.Single(image.Platforms);
        Assert.Equal(
            ("linux/amd64", "x86_64", Digest.Of("squashfs"u8).Value, 7UL, "/bin/a", "me"),
            (platform.Platform, platform.Architecture, platform.Digest, platform.SizeBytes, platform.Entrypoint[0], platform.User));
        await PushAsync(store, "a:1", "/bin/new");
        Assert.Equal(2, (await store.ListAsync(Cancellation)).Count);
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

    private static string Describe(ImageView? image) => $"{image!.Name}={string.Join(' ', image.Platforms[0].Cmd)}";

    private static Task<ImageView> PushAsync(ImageStore store, string name, string command)
    {
        TestLayout layout = new();
        layout.SetIndex(layout.AddImage([s_layer], process: new JsonObject { ["Cmd"] = new JsonArray(command) }));
        return store.ImportAsync(new MemoryStream(layout.ToTar()), name, Cancellation);
    }
}

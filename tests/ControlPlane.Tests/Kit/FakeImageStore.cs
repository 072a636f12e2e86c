using System.Collections.Concurrent;
using MicroVm.ControlPlane.Host.Images;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>Images in memory; an import takes the bytes as they come for the squashfs.</summary>
internal sealed class FakeImageStore(string directory) : IImageStore
{
    private readonly ConcurrentDictionary<string, ImageView> _images = new();

    internal static ImagePlatformView Platform(string architecture, byte[] rootFs) => new(
        architecture == "aarch64" ? "linux/arm64" : "linux/amd64",
        architecture,
        Digest.Of(rootFs).Value,
        Digest.Of(rootFs).Value,
        (ulong)rootFs.Length,
        ["/bin/hello"],
        ["--from-image"],
        ["PATH=/bin", "A=image"],
        "",
        "");

    internal ImageView Add(string name, byte[] rootFs, Func<ImageView, ImageView>? change = null)
    {
        Digest digest = Digest.Of(rootFs);
        Directory.CreateDirectory(directory);
        File.WriteAllBytes(Path.Combine(directory, digest.Hex), rootFs);
        ImageView view = new(name, digest.Value, [Platform("x86_64", rootFs)], [], DateTimeOffset.UnixEpoch);
        return _images[name] = change?.Invoke(view) ?? view;
    }

    public Task<IReadOnlyList<ImageView>> ListAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ImageView>>([.. _images.Values.OrderBy(image => image.Name, StringComparer.Ordinal)]);

    public Task<ImageView?> FindByDigestAsync(Digest digest, CancellationToken cancellationToken) =>
        Task.FromResult(_images.Values.FirstOrDefault(image => image.IsKnownBy(digest.Value)));

    public Task<ImageView?> FindByNameAsync(string name, CancellationToken cancellationToken) =>
        Task.FromResult(_images.GetValueOrDefault(name));

    public Task<string?> FindRootFsAsync(Digest digest, CancellationToken cancellationToken)
    {
        string path = Path.Combine(directory, digest.Hex);
        return Task.FromResult(File.Exists(path) ? path : null);
    }

    public async Task<ImageView> ImportAsync(Stream ociLayoutTar, string name, CancellationToken cancellationToken)
    {
        using MemoryStream bytes = new();
        await ociLayoutTar.CopyToAsync(bytes, cancellationToken);
        return bytes.Length == 0
            ? throw ImageImportException.Invalid("tar", "an OCI image layout", "nothing")
            : Add(name, bytes.ToArray());
    }
}

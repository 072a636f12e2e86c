using MicroVm.EdgeAgent.Images;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Logging.Abstractions;

namespace MicroVm.EdgeAgent.Tests.Images;

public sealed class ImageStoreTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly ImageStore _store;

    public ImageStoreTests() => _store = new ImageStore(_directory["images"], NullLogger.Instance);

    [Fact]
    public async Task FetchOnce_TwoAskers_ShareOneFetch()
    {
        int fetches = 0;
        TaskCompletionSource<FetchFault?> gate = new();
        Task<FetchFault?> Fetch(ImageReference image, CancellationToken cancellation)
        {
            fetches++;
            return gate.Task;
        }

        ImageReference image = Specs.Image([1]);
        Task<FetchFault?> first = _store.FetchOnceAsync(image, Fetch, default);
        Task<FetchFault?> second = _store.FetchOnceAsync(image, Fetch, default);
        FetchFault fault = new(FetchFault.FetchFailed, "x");
        gate.SetResult(fault);

        Assert.Equal([fault, fault], await Phase.Of("both", Task.WhenAll(first, second)));
        Assert.Equal(1, fetches);
    }

    [Fact]
    public async Task FetchOnce_FirstAskerGivesUp_TheOtherIsToldToTryAgain()
    {
        using CancellationTokenSource interrupt = new();
        ImageReference image = Specs.Image([1]);
        static async Task<FetchFault?> Fetch(ImageReference image, CancellationToken cancellation)
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            return null;
        }

        Task<FetchFault?> first = _store.FetchOnceAsync(image, Fetch, interrupt.Token);
        Task<FetchFault?> second = _store.FetchOnceAsync(image, Fetch, default);
        await interrupt.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(FetchFault.FetchFailed, (await Phase.Of("second", second))!.Reason);
    }

    [Fact]
    public async Task Collect_UnneededFiles_AreRemovedButNotOneThatIsBeingFetched()
    {
        Digest needed = Digest.Of([1]), unneeded = Digest.Of([2]);
        ImageReference fetching = Specs.Image([3]);
        File.WriteAllText(_store.PathOf(needed), "");
        File.WriteAllText(_store.PathOf(unneeded), "");
        File.WriteAllText(_store.PartialPathOf(unneeded), "");
        File.WriteAllText(_store.PartialPathOf(fetching.Digest), "");
        TaskCompletionSource<FetchFault?> gate = new();
        Task<FetchFault?> fetch = _store.FetchOnceAsync(fetching, (_, _) => gate.Task, default);

        _store.Collect(() => new HashSet<Digest> { needed });

        Assert.Equal(
            new[] { _store.PathOf(needed), _store.PartialPathOf(fetching.Digest) }.Order(),
            Directory.GetFiles(_directory["images"]).Order());
        gate.SetResult(null);
        await Phase.Of("fetch", fetch);
    }

    public void Dispose() => _directory.Dispose();
}

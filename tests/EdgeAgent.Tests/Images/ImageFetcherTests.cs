using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Images;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;
using Microsoft.Extensions.Logging.Abstractions;

namespace MicroVm.EdgeAgent.Tests.Images;

public sealed class ImageFetcherTests : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TestImageServer _server = new();
    private readonly HttpClient _http = new();
    private readonly AgentCounters _counters = new();
    private readonly ImageStore _store;
    private readonly ImageFetcher _fetcher;
    private readonly byte[] _content = new byte[200_000];
    private readonly ImageReference _image;

    public ImageFetcherTests()
    {
        new Random(1).NextBytes(_content);
        _image = Specs.Image(_content);
        _server.Content = _content;
        _store = new ImageStore(_directory["images"], NullLogger.Instance);
        _fetcher = new ImageFetcher(_store, _http, _server.Address, _counters, NullLogger.Instance);
    }

    [Fact]
    public async Task Fetch_Image_IsKeptUnderItsDigest()
    {
        Assert.Null(await Fetch());

        Assert.True(_store.Has(_image.Digest));
        Assert.Equal(_content, File.ReadAllBytes(_store.PathOf(_image.Digest)));
        Assert.Equal($"GET /api/v1/images/{_image.Digest}/rootfs HTTP/1.1", _server.Requests.Single().Line);
        Assert.False(File.Exists(_store.PartialPathOf(_image.Digest)));
    }

    [Fact]
    public async Task Fetch_TransferBroke_GoesOnWhereItEnded()
    {
        _server.BreakAfter = 70_000;
        Assert.Equal(FetchFault.FetchFailed, (await Fetch())!.Reason);
        long kept = new FileInfo(_store.PartialPathOf(_image.Digest)).Length;

        Assert.Null(await Fetch());

        Assert.InRange(kept, 1, 70_000);
        Assert.Equal($"bytes={kept}-", _server.Requests[1].Range);
        Assert.Equal(_content, File.ReadAllBytes(_store.PathOf(_image.Digest)));
    }

    [Fact]
    public async Task Fetch_ServerIgnoresTheRange_BeginsAgain()
    {
        _server.BreakAfter = 70_000;
        await Fetch();
        _server.IgnoresRanges = true;

        Assert.Null(await Fetch());

        Assert.Equal(_content, File.ReadAllBytes(_store.PathOf(_image.Digest)));
    }

    [Fact]
    public async Task Fetch_PartialFileIsComplete_AsksForNothing()
    {
        File.WriteAllBytes(_store.PartialPathOf(_image.Digest), _content);

        Assert.Null(await Fetch());

        Assert.Empty(_server.Requests);
        Assert.True(_store.Has(_image.Digest));
    }

    [Fact]
    public async Task Fetch_OtherBytes_AreDeletedReportedAndFetchedAnew()
    {
        _server.Content = [.. _content];
        _server.Content[100_000] ^= 1;

        FetchFault fault = (await Fetch())!;

        Assert.Equal(FetchFault.DigestMismatch, fault.Reason);
        Assert.Contains(_image.Digest.Value, fault.Message);
        Assert.Empty(Directory.GetFiles(_directory["images"]));
        Assert.Equal(1, _counters.DigestMismatches.Value);
        _server.Content = _content;
        Assert.Null(await Fetch());
        Assert.Null(_server.Requests[1].Range);
    }

    [Fact]
    public async Task Fetch_MoreBytesThanTheImageHas_IsAMismatch()
    {
        ImageReference shorter = _image with { SizeBytes = 1000 };

        FetchFault? fault = await Phase.Of("fetch", _fetcher.FetchAsync(shorter, default));

        Assert.Equal(FetchFault.DigestMismatch, fault!.Reason);
    }

    [Theory]
    [InlineData("404 Not Found", FetchFault.ImageNotFound)]
    [InlineData("500 Internal Server Error", FetchFault.FetchFailed)]
    public async Task Fetch_Refused_SaysWhy(string answer, string reason)
    {
        _server.Refusal = answer;

        FetchFault fault = (await Fetch())!;

        Assert.Equal(reason, fault.Reason);
        Assert.Equal($"the control plane answered {answer}", fault.Message);
    }

    [Fact]
    public async Task Fetch_NoRoom_IsRefusedBeforeAByteIsAskedFor()
    {
        FetchFault? fault = await Phase.Of("fetch", _fetcher.FetchAsync(_image with { SizeBytes = 1UL << 60 }, default));

        Assert.Equal(FetchFault.NoSpace, fault!.Reason);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task Fetch_NobodyListens_IsAFault()
    {
        await _server.DisposeAsync();

        Assert.Equal(FetchFault.FetchFailed, (await Fetch())!.Reason);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    private Task<FetchFault?> Fetch() => Phase.Of("fetch", _fetcher.FetchAsync(_image, default));
}

using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Images;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.EdgeAgent.Tests.Images;

public sealed class PrefetchLoopTests : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FakeTimeProvider _time = new();
    private readonly TestImageServer _server = new();
    private readonly HttpClient _http = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    [Fact]
    public async Task Run_AnImageThatIsServedWrongly_HoldsUpNoOther()
    {
        byte[] good = [1, 2, 3];
        ImageReference bad = Specs.Image([4, 5, 6]), wanted = Specs.Image(good);
        _server.Content = [7, 8, 9];
        _server.Others[wanted.Digest.Hex] = good;
        PrefetchLoop loop = Make(bad, wanted);
        TaskCompletionSource fetched = new();
        loop.Fetched += fetched.SetResult;

        _running = loop.RunAsync(_stop.Token);

        await Phase.Of("the other image", fetched.Task);
        Assert.Equal([wanted.Digest], loop.Complete);
    }

    [Fact]
    public async Task Run_AnImageThatIsServedLater_IsThereAfterTheBackOff()
    {
        byte[] content = [1, 2, 3];
        ImageReference image = Specs.Image(content);
        PrefetchLoop loop = Make(image);
        TaskCompletionSource fetched = new();
        loop.Fetched += fetched.SetResult;
        _server.Refusal = "404 Not Found";
        _running = loop.RunAsync(_stop.Token);
        while (_server.Requests.Count == 0)
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        (_server.Content, _server.Refusal) = (content, null);
        while (!fetched.Task.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(fetched.Task, Task.Delay(1, TestContext.Current.CancellationToken));
        }

        Assert.Equal([image.Digest], loop.Complete);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _http.Dispose();
        await _server.DisposeAsync();
        _stop.Dispose();
        _directory.Dispose();
    }

    private PrefetchLoop Make(params ImageReference[] prefetch)
    {
        AgentOptions options = TestOptions.In(_directory);
        AgentCounters counters = new();
        DesiredIntake intake = new(new MemoryStore(), TestIdentity.Open(options), new Refusals(), counters, NullLogger.Instance);
        DesiredState state = Specs.State(1) with { Prefetch = prefetch };
        Assert.Equal(IntakeResult.Accepted, intake.Offer(TestFleet.Shared.SignDesired(options.DeviceId, Specs.Envelope(state).Encode())));
        ImageStore images = new(_directory["images"], NullLogger.Instance);
        return new PrefetchLoop(intake, images, new ImageFetcher(images, _http, _server.Address, counters, NullLogger.Instance), _time);
    }
}

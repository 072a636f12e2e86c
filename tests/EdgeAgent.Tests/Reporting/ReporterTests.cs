using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Images;
using MicroVm.EdgeAgent.Reporting;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Topics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.EdgeAgent.Tests.Reporting;

public sealed class ReporterTests : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FakeTimeProvider _time = new();
    private readonly FakeUplink _uplink = new();
    private readonly HttpClient _http = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Reporter _reporter;
    private readonly Task _running;

    public ReporterTests()
    {
        AgentOptions options = TestOptions.In(_directory);
        AgentCounters counters = new();
        Refusals refusals = new();
        DesiredIntake intake = new(new MemoryStore(), TestIdentity.Open(options), refusals, counters, NullLogger.Instance);
        ImageStore images = new(_directory["images"], NullLogger.Instance);
        PrefetchLoop prefetch = new(intake, images, new ImageFetcher(images, _http, options.ControlPlane.ApiUrl, counters, NullLogger.Instance), _time);
        _reporter = new Reporter(
            intake, refusals, new VmTable(new MemoryStore()), prefetch, () => AgentStatus.None, () => [], _uplink, new(Guid.NewGuid(), _time), _time);
        _running = _reporter.RunAsync(_stop.Token);
    }

    [Fact]
    public async Task Run_ReportThatWasNotTaken_IsPublishedAgainThoughNothingChanges()
    {
        _uplink.Up = false;
        _reporter.OnConnected();
        await Phase.Of("the first attempt", _uplink.Lost);

        _uplink.Up = true;
        Task<byte[]> report = _uplink.TakeAsync(UplinkKind.Reported);
        while (!report.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Empty(ReportedState.Decode(await report).Vms);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
        _stop.Dispose();
        _http.Dispose();
        _directory.Dispose();
    }
}

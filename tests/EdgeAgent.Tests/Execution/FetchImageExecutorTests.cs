using System.Net;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Execution;
using MicroVm.EdgeAgent.Images;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.EdgeAgent.Tests.Execution;

/// <summary>Transfers that take for ever until the test says otherwise.</summary>
public sealed class FetchImageExecutorTests : IAsyncDisposable
{
    private static readonly byte[] s_content = [2];
    private static readonly VmSpec s_next = Specs.Vm(revision: 2, image: 2);

    private readonly TempDirectory _directory = new();
    private readonly FakeTimeProvider _time = new();
    private readonly SlowServer _server = new();
    private readonly HttpClient _http;
    private readonly ImageStore _images;
    private readonly AgentOptions _options;
    private readonly VmBench _agent;
    private readonly FetchImageExecutor _executor;

    public FetchImageExecutorTests()
    {
        _options = TestOptions.In(_directory);
        _http = new HttpClient(_server);
        _images = new ImageStore(_directory["images"], NullLogger.Instance);
        _agent = new VmBench(_options, new MemoryStore(), _time);
        ImageFetcher fetcher = new(_images, _http, _options.ControlPlane.ApiUrl, new AgentCounters(), NullLogger.Instance);
        _executor = new FetchImageExecutor(_images, fetcher, _agent.Table, _time);
    }

    [Fact]
    public async Task Execute_TimeToGiveWay_CutsTheTransferWithoutAFailureAndTheNextOneGoesOn()
    {
        Task<ReconcileResult> cut = ExecuteAsync(TimeSpan.FromSeconds(4));
        await Phase.Of("request", _server.Asked);
        Assert.False(cut.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal(ReconcileResult.RetryAfter(TimeSpan.Zero), await Phase.Of("way is given", cut));
        Assert.Null(_agent.Entry().Fetches.NotBefore(s_next.Image.Digest));
        _server.Answer.SetResult();
        Assert.Equal(ReconcileResult.Done, await Phase.Of("fetched", ExecuteAsync(TimeSpan.FromSeconds(4))));
        Assert.True(_images.Has(s_next.Image.Digest));
    }

    [Fact]
    public async Task Execute_WhatRunsEnds_CutsTheTransferSoThatItIsStartedAgain()
    {
        FakeVmm vmm = new(_directory);
        vmm.Install();
        vmm.Prepare("web");
        Assert.Null(await _agent.StartAsync(Specs.Vm()));
        await vmm.WaitUpAsync("web");
        Task<ReconcileResult> cut = ExecuteAsync(null);
        await Phase.Of("request", _server.Asked);

        vmm.End("web", 7);

        Assert.Equal(ReconcileResult.RetryAfter(TimeSpan.Zero), await Phase.Of("way is given", cut));
        Assert.Null(_agent.Entry().Instance);
    }

    public async ValueTask DisposeAsync()
    {
        _agent.Entry().Instance?.Process.Signal(Signals.SIGKILL);
        await (_agent.Entry().Instance?.Settled ?? Task.CompletedTask);
        await _agent.DisposeAsync();
        _http.Dispose();
        _directory.Dispose();
    }

    private Task<ReconcileResult> ExecuteAsync(TimeSpan? giveWayAfter) =>
        _executor.ExecuteAsync((PlanStep)new FetchImageStep(s_next.Name, s_next.Image, giveWayAfter), new StepContext(_agent.Entry(), default, default));

    private sealed class SlowServer : HttpMessageHandler
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task Asked => _asked.Task;

        internal TaskCompletionSource Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            _asked.TrySetResult();
            await Answer.Task.WaitAsync(cancellationToken);
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(s_content) };
        }
    }
}

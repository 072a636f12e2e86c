using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Hosting;
using MicroVm.EdgeAgent.Images;
using MicroVm.EdgeAgent.Local;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Tests.Images;
using MicroVm.EdgeAgent.Tests.Mqtt;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;
using MicroVm.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace MicroVm.EdgeAgent.Tests.Hosting;

/// <summary>The whole agent against a gateway, an image server, a VMM and a guest that the tests play.</summary>
public sealed partial class AgentHostTests : IAsyncDisposable
{
    private static readonly byte[] s_image = [1];
    private readonly TempDirectory _directory = new();
    private readonly TestGateway _gateway = new();
    private readonly TestImageServer _images = new() { Content = s_image };
    private AgentOptions _options;
    private readonly VmPaths _paths;
    private readonly FakeVmm _vmm;
    private CancellationTokenSource? _stop;
    private readonly StringWriter _errors = new();
    private Task<int> _running = Task.FromResult(0);

    public AgentHostTests()
    {
        _options = TestOptions.In(_directory, _gateway.Port, _images.Port);
        _paths = new VmPaths(_options);
        _vmm = new FakeVmm(_directory);
        _vmm.Install();
        _vmm.Prepare("web");
    }

    [Fact]
    public async Task Run_DesiredVm_IsFetchedStartedReportedAndItsLinesKept()
    {
        await _gateway.StartAsync();
        StartAgent();
        Hello hello = Hello.Decode(await _gateway.TakeAsync(UplinkKind.Hello, "hello"));
        Assert.Equal((0UL, "a", true), (hello.HeldGeneration, hello.Labels["site"], hello.Capacity.MemoryBytes > 0));

        using FakeInit init = await DeployAsync(1, Specs.Vm());
        VmStatus running = await TakeStatusAsync("running", status => status.Phase == VmPhase.Running);
        Assert.Equal((1, Digest.Of(s_image), true), (running.Revision, running.ImageDigest, running.VmmPid > 0));
        await init.SendLineAsync(1, "hello from inside");
        Assert.Equal(1UL, (await init.ReceiveAsync<GuestLogAck>("line's acknowledgement")).Sequence);
        TelemetryBatch sampled = await _gateway.TakeAsync(
            UplinkKind.Telemetry, "sample", payload => TelemetryBatch.Decode(payload), found => found.Vms.Count > 0);
        Assert.Equal("web", sampled.Vms[0].Name.Value);
        Assert.True(sampled.Vms[0].ResidentBytes > 0);
    }

    [Fact]
    public async Task Run_AgentStopsAndStartsAgain_AdoptsTheVmAndItsLogGoesOn()
    {
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        using (FakeInit init = await DeployAsync(1, Specs.Vm()))
        {
            VmStatus before = await TakeStatusAsync("running", status => status.Phase == VmPhase.Running);
            await init.SendLineAsync(1, "kept");
            await init.ReceiveAsync<GuestLogAck>("line is durable");
            await StopAgentAsync();

            StartAgent();
            Hello hello = Hello.Decode(await _gateway.TakeAsync(UplinkKind.Hello, "second hello"));
            Assert.Equal(1UL, hello.HeldGeneration);
            VmStatus after = await TakeStatusAsync("adopted", status => status.VmmPid != 0);
            Assert.Equal((before.VmmPid, VmPhase.Running, 0), (after.VmmPid, after.Phase, after.Restarts));
        }

        using FakeInit reconnected = await FakeInit.GreetAsync(_paths.GuestChannel(Specs.Vm().Name), GuestState.Running);
        await reconnected.SendLineAsync(1, "kept");
        Assert.Equal(1UL, (await reconnected.ReceiveAsync<GuestLogAck>("repeat is acknowledged")).Sequence);
        await reconnected.SendLineAsync(2, "after");
        Assert.Equal(2UL, (await reconnected.ReceiveAsync<GuestLogAck>("line is kept")).Sequence);
        List<string> lines = await AskAsync(new LocalRequest(LocalVerb.Logs, Specs.Vm().Name, Tail: 10));
        Assert.Equal(["""{"cursor":1,""", """{"cursor":2,"""], lines.Select(static line => line[..12]));
    }

    [Fact]
    public async Task Run_MoreImportantVmComes_TheOtherGivesItsMemoryAndIsToldWhy()
    {
        _options = _options with { MemoryBudgetMib = 200 };
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        using FakeInit web = await DeployAsync(1, Specs.Vm());
        await TakeStatusAsync("running", status => status.Phase == VmPhase.Running);

        VmSpec important = Specs.Vm("till") with { Priority = 10 };
        DesiredState both = Specs.State(2, important, Specs.Vm());
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(both).Encode());
        await web.ReceiveAsync<GuestShutdown>("stop");
        await TakeStatusAsync("waits", status => status is { Name.Value: "till", Reason: "WaitsForMemory" });
        _vmm.End("web", 0);
        await TakeStatusAsync("started", status => status is { Name.Value: "till", Phase: VmPhase.Starting });

        VmStatus told = await TakeStatusAsync("told", status => status is { Name.Value: "web", Reason: "OverBudget", VmmPid: 0 });
        Assert.Equal(
            "needs 136 MiB with its VMM; the device has 200 MiB for VMs, of which 136 MiB are for till, which go before it", told.Message);
    }

    [Fact]
    public async Task Run_UnsignedDesiredState_IsRefusedAndTheReasonIsReported()
    {
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");

        await _gateway.SendUnsignedAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(1, Specs.Vm())).Encode());

        ReportedState refused = await _gateway.TakeAsync(
            UplinkKind.Reported, "refusal", payload => ReportedState.Decode(payload), report => report.Refusal.Length > 0);
        Assert.StartsWith("desired state: signed message: expected COSE_Sign1", refused.Refusal, StringComparison.Ordinal);
        Assert.Empty(refused.Vms);
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(1)).Encode());
        await _gateway.TakeAsync(
            UplinkKind.Reported, "refusal is over", payload => ReportedState.Decode(payload), report => report is { Refusal: "", ObservedGeneration: 1 });
    }

    [Fact]
    public async Task Run_NoNetworkAfterAReboot_StartsFromWhatIsHeld()
    {
        ImageStore images = new(Path.Combine(_options.DataDirectory, "images"), NullLogger.Instance);
        File.WriteAllBytes(images.PathOf(Digest.Of(s_image)), s_image);
        DesiredEnvelope held = Specs.Envelope(Specs.State(5, Specs.Vm()));
        using (SqliteStore store = SqliteStore.Open(Path.Combine(_options.DataDirectory, "agent.db")))
        {
            store.SaveDesired(new DesiredDocument(held.Generation, held.Digest, held.Document));
            VmRun before = new(Guid.NewGuid(), 1, 1, "the boot before", 3, DateTimeOffset.UtcNow);
            store.SaveVm(new VmRecord { Spec = Specs.Vm(), Run = before, Phase = VmPhase.Running });
        }

        StartAgent();

        await _vmm.WaitUpAsync("web");
        using FakeInit init = await FakeInit.GreetAsync(_paths.GuestChannel(Specs.Vm().Name));
        Assert.Equal("web", (await init.ReceiveAsync<GuestConfig>("config")).Hostname);
    }

    [Fact]
    public async Task Run_ImageHasOtherBytes_ReportsTheMismatchAndRecovers()
    {
        await _gateway.StartAsync();
        _images.Content = [9];
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(1, Specs.Vm())).Encode());

        VmStatus status = await TakeStatusAsync("mismatch", status => status.Reason == FetchFault.DigestMismatch);
        Assert.Equal(VmPhase.BackOff, status.Phase);
        _images.Content = s_image;

        await _vmm.WaitUpAsync("web");
        await TakeStatusAsync("starting", status => status.Phase == VmPhase.Starting && status.Reason.Length == 0);
    }

    [Fact]
    public async Task Run_ReplacementForAnotherArchitecture_IsRefusedWhileTheOldOneGoesOn()
    {
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        using FakeInit init = await DeployAsync(1, Specs.Vm());
        VmStatus before = await TakeStatusAsync("running", status => status.Phase == VmPhase.Running);

        VmSpec foreign = Specs.Vm(revision: 2) with { Image = Specs.Vm().Image with { Architecture = "riscv64" } };
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(2, foreign)).Encode());
        VmStatus refused = await TakeStatusAsync("refused", status => status.Reason == "ImagePlatformMismatch");
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(3, Specs.Vm())).Encode());
        VmStatus after = await TakeStatusAsync("as before", status => status.Reason.Length == 0);

        Assert.Equal((1, VmPhase.Running, before.VmmPid), (refused.Revision, refused.Phase, refused.VmmPid));
        Assert.EndsWith("found one for riscv64", refused.Message);
        Assert.Equal((1, VmPhase.Running, before.VmmPid), (after.Revision, after.Phase, after.VmmPid));
    }

    [Fact]
    public async Task Run_ImageToPrefetch_IsFetchedReportedAndKeptForTheReplacement()
    {
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        DesiredState before = Specs.State(1) with { Prefetch = [Specs.Image(s_image)] };
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(before).Encode());

        ReportedState reported = await _gateway.TakeAsync(
            UplinkKind.Reported, "prefetched", payload => ReportedState.Decode(payload), state => state.Prefetched.Count == 1);
        _images.Content = [9];
        using FakeInit init = await DeployAsync(2, Specs.Vm());

        Assert.Equal((1UL, Digest.Of(s_image)), (reported.ObservedGeneration, reported.Prefetched[0]));
        await TakeStatusAsync("running from what was fetched before", status => status.Phase == VmPhase.Running);
    }

    [Fact]
    public async Task Run_NoLongerDesired_StopsAndRemovesEverythingOfIt()
    {
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        using FakeInit init = await DeployAsync(1, Specs.Vm());
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(2)).Encode());

        await init.ReceiveAsync<GuestShutdown>("shutdown");
        await init.SendAsync(new GuestExited(0, ""));
        await init.ReceiveAsync<GuestExitAck>("acknowledgement");
        _vmm.End("web", 0);
        init.Dispose();
        await _gateway.TakeAsync(
            UplinkKind.Reported, "nothing runs", payload => ReportedState.Decode(payload), state => state is { ObservedGeneration: 2, Vms.Count: 0 });

        Assert.False(Directory.Exists(_paths.Directory(Specs.Vm().Name)));
        Assert.Empty(Directory.GetFiles(Path.Combine(_options.DataDirectory, "images")));
    }

    [Fact]
    public async Task Run_BadDownlinks_AreRefusedAndTheConnectionStays()
    {
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, [0xFF, 0x00]);
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Ack, [0x9F]);
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(1)).Encode());

        ReportedState state = await _gateway.TakeAsync(
            UplinkKind.Reported, "generation 1", payload => ReportedState.Decode(payload), found => found.ObservedGeneration == 1);

        Assert.Equal(Hello.Decode(_gateway.Hello!).Header.BootId, state.Header.BootId);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAgentAsync();
        using (SqliteStore store = SqliteStore.Open(Path.Combine(_options.DataDirectory, "agent.db")))
        {
            foreach (VmRecord record in store.LoadVms())
            {
                store.RemoveVm(record.Name);
            }
        }

        // A start with no record stops what the test has left running.
        await using (VmBench last = new(_options, new MemoryStore(), TimeProvider.System))
        {
            await Phase.Of("clean up", last.Adoption.RunAsync(default));
        }

        await _gateway.DisposeAsync();
        await _images.DisposeAsync();
        _directory.Dispose();
    }

    private void StartAgent()
    {
        CancellationTokenSource stop = _stop = new CancellationTokenSource();
        _running = Task.Run(() => AgentProgram.RunDeviceAsync(_options, null, NullLoggerFactory.Instance, _errors, stop.Token));
    }

    private async Task StopAgentAsync()
    {
        if (_stop is not null)
        {
            await _stop.CancelAsync();
            await Phase.Of("agent's end", _running);
            _stop.Dispose();
            _stop = null;
        }
    }

    /// <summary>Sends a desired state and plays the guest of its VM until the workload runs.</summary>
    private async Task<FakeInit> DeployAsync(ulong generation, VmSpec spec)
    {
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(generation, spec)).Encode());
        await _vmm.WaitUpAsync(spec.Name.Value);
        FakeInit init = await FakeInit.GreetAsync(_paths.GuestChannel(spec.Name));
        await init.ReceiveAsync<GuestConfig>("config");
        await init.SendAsync(new GuestStarted(2));
        return init;
    }

    private async Task<VmStatus> TakeStatusAsync(string phase, Func<VmStatus, bool> wanted)
    {
        ReportedState state = await _gateway.TakeAsync(
            UplinkKind.Reported, phase, payload => ReportedState.Decode(payload), found => found.Vms.Any(wanted));
        return state.Vms.First(wanted);
    }
}

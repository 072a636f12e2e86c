using MicroVm.EdgeAgent.Hosting;
using MicroVm.EdgeAgent.Local;
using MicroVm.EdgeAgent.Planning;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Topics;
using Microsoft.Extensions.Logging.Abstractions;

namespace MicroVm.EdgeAgent.Tests.Hosting;

/// <content>A guest that keeps what it was not granted.</content>
public sealed partial class AgentHostTests
{
    [Fact]
    public async Task Run_ReplacementWhileAGuestKeepsTooMuch_HasTheMemoryOfWhatItReplaces()
    {
        _options = _options with { MemoryBudgetMib = 200 };
        VmSpec web = Specs.Vm() with { MemoryMib = 100, Priority = 1 }, cache = Specs.Vm("cache") with { MemoryMib = 128, MemoryMinMib = 32 };
        _vmm.Prepare("cache");
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(1, web, cache)).Encode());
        await _vmm.WaitUpAsync("web");
        await _vmm.WaitUpAsync("cache");
        await using FakeVmmApi api = new(_paths.Api(cache.Name)) { TargetMib = 96, StubbornMib = 60, AvailableMib = 128 };
        await WaitForStatusAsync("\"vmFreeMib\":-8");
        using (FakeInit init = await FakeInit.GreetAsync(_paths.GuestChannel(web.Name)))
        {
            await init.ReceiveAsync<GuestConfig>("config");
            await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(2, web with { Revision = 2 }, cache)).Encode());
            await init.ReceiveAsync<GuestShutdown>("replacement");
        }

        _vmm.End("web", 0);

        await _vmm.WaitUpAsync("web");
        await TakeStatusAsync("replaced", static status => status is { Name.Value: "web", Revision: 2, Phase: VmPhase.Starting });
        Assert.DoesNotContain(await AskAsync(new LocalRequest(LocalVerb.Events)), static line => line.Contains("WaitsForMemory", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_ImportantVmWaitsForWhatAGuestKeeps_TheGuestIsRestartedAndSaysWhy()
    {
        _options = _options with { MemoryBudgetMib = 200 };
        VmSpec web = Specs.Vm() with { MemoryMib = 100, Priority = 1 }, cache = Specs.Vm("cache") with { MemoryMib = 128, MemoryMinMib = 32 };
        _vmm.Prepare("cache");
        await _gateway.StartAsync();
        JumpingTime time = new();
        StartAgent(time);
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        using (FakeInit init = await DeployAsync(1, cache))
        {
            await using FakeVmmApi api = new(_paths.Api(cache.Name)) { TargetMib = 96, StubbornMib = 60, AvailableMib = 128 };
            await WaitForStatusAsync("\"vmFreeMib\":100");
            await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(2, web, cache)).Encode());
            await TakeStatusAsync("waits", static status => status is { Name.Value: "web", Reason: "WaitsForMemory" });
            Task<GuestShutdown> restart = init.ReceiveAsync<GuestShutdown>("restart");
            while (!restart.IsCompleted)
            {
                // The half minute begins with the agent's next look.
                time.Jump(ReclaimDecisions.Patience);
                await Task.Delay(200);
            }

            await restart;
            VmStatus told = await TakeStatusAsync("told", static status => status is { Name.Value: "cache", Reason: "MemoryReclaimed" });
            Assert.Equal("held 92 MiB where 32 were granted; web, which goes before it, has waited 30 s for 108 MiB, of which 100 are free", told.Message);
        }

        _vmm.End("cache", 0);
        await _vmm.WaitUpAsync("web");
        await _vmm.WaitUpAsync("cache");
        await TakeStatusAsync("both", static status => status is { Name.Value: "cache", Phase: VmPhase.Starting, Reason: "", Restarts: 0 });
        Assert.Contains(await AskAsync(new LocalRequest(LocalVerb.Events)), static line => line.Contains("held 92 MiB", StringComparison.Ordinal));
    }

    private void StartAgent(TimeProvider time)
    {
        CancellationTokenSource stop = _stop = new CancellationTokenSource();
        _running = Task.Run(async () =>
        {
            using DataDirectory directory = DataDirectory.Open(_options);
            using SqliteStore store = SqliteStore.Open(directory.DatabasePath);
            await using AgentHost host = new(_options, directory, store, time, NullLoggerFactory.Instance);
            await host.RunAsync(stop.Token);
            return 0;
        });
    }

    /// <summary>The system's time, which can be made to pass at once.</summary>
    private sealed class JumpingTime : TimeProvider
    {
        private long _jumped;

        public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _jumped);

        internal void Jump(TimeSpan time) => Interlocked.Add(ref _jumped, (long)(time.TotalSeconds * TimestampFrequency));
    }
}

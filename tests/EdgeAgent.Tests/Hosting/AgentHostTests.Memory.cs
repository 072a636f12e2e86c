using MicroVm.EdgeAgent.Local;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Topics;

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
}

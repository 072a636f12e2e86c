using System.Text.Json;
using MicroVm.EdgeAgent.Local;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;

namespace MicroVm.EdgeAgent.Tests.Hosting;

public sealed partial class AgentHostTests
{
    [Fact]
    public async Task Local_Bundle_RunsWithNoNetworkAndNothingRestartsWhenThatComes()
    {
        StartAgent();
        await Phase.Of("agent is up", UntilItAnswersAsync());

        List<string> lines = await CarryAsync(await TestBundle.OfAsync(Specs.State(5, Specs.Vm()), s_image));
        Assert.Equal(["bundle", "image", "done"], lines.Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("event").GetString()));
        Assert.Equal("generation 5 is held; it was 0\nVM web new\n1 images, 0.0 MiB, came with it", LocalText.OfBundle(lines[^1]));
        await _vmm.WaitUpAsync("web");
        using FakeInit init = await FakeInit.GreetAsync(_paths.GuestChannel(Specs.Vm().Name));
        await init.ReceiveAsync<GuestConfig>("config");
        await init.SendAsync(new GuestStarted(2));
        int pid = (await AskOneAsync(LocalVerb.Vms)).GetProperty("pid").GetInt32();

        await _gateway.StartAsync();
        Hello hello = Hello.Decode(await _gateway.TakeAsync(UplinkKind.Hello, "hello"));
        Assert.Equal((5UL, Specs.Envelope(Specs.State(5, Specs.Vm())).Digest), (hello.HeldGeneration, hello.HeldDigest));
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(5, Specs.Vm())).Encode());
        VmStatus status = await TakeStatusAsync("running", static status => status.Phase == VmPhase.Running);
        Assert.Equal((pid, 0), (status.VmmPid, status.Restarts));
    }

    [Fact]
    public async Task Local_BundleForAnImageThatCannotBeFetched_EndsTheWait()
    {
        await _gateway.StartAsync();
        _images.Content = [9];
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(5, Specs.Vm())).Encode());
        await TakeStatusAsync("waits", static status => status.Phase == VmPhase.BackOff);

        List<string> lines = await CarryAsync(await TestBundle.OfAsync(Specs.State(5, Specs.Vm()), s_image));

        Assert.StartsWith("generation 5 is held already", LocalText.OfBundle(lines[^1]), StringComparison.Ordinal);
        await _vmm.WaitUpAsync("web");
    }

    [Fact]
    public async Task Local_BundleWhilePaused_IsTakenAndWaits()
    {
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        await AskAsync(new LocalRequest(LocalVerb.Pause, Reason: "not now"));

        List<string> lines = await CarryAsync(await TestBundle.OfAsync(Specs.State(5, Specs.Vm()), s_image));

        Assert.EndsWith("by uid 0: not now", LocalText.OfBundle(lines[^1]), StringComparison.Ordinal);
        VmStatus held = await TakeStatusAsync("held", static status => status.Reason == "Paused");
        Assert.Equal((VmPhase.Pending, 0), (held.Phase, held.VmmPid));
        await AskAsync(new LocalRequest(LocalVerb.Resume));
        await _vmm.WaitUpAsync("web");
    }

    /// <summary>Tests are not started by the launcher.</summary>
    [Fact]
    public async Task Local_BundleWithAnAgentThatTheDeviceRefuses_SaysWhyAndTheRestIsTaken()
    {
        StartAgent();
        await Phase.Of("agent is up", UntilItAnswersAsync());
        DesiredState state = Specs.State(5, Specs.Vm()) with { Agent = new AgentTarget(ReleaseVersion.Parse("9.0.0"), Digest.Of("agent"u8), 5) };

        List<string> lines = await CarryAsync(await TestBundle.OfAsync(state, s_image));

        Assert.Contains("\nagent 9.0.0 is refused: this agent was not started by microvm-launch", LocalText.OfBundle(lines[^1]), StringComparison.Ordinal);
        await _vmm.WaitUpAsync("web");
        Assert.Equal("Refused", await Phase.Of("status of the update", PhaseOfUpdateAsync()));

        async Task<string?> PhaseOfUpdateAsync()
        {
            JsonElement update = (await AskOneAsync(LocalVerb.Status)).GetProperty("update");
            return update.GetProperty("version").GetString() == "9.0.0" ? update.GetProperty("phase").GetString() : await PhaseOfUpdateAsync();
        }
    }

    [Fact]
    public async Task Local_HostileBundles_AreRefusedByNameAndTheAgentGoesOn()
    {
        StartAgent();
        await Phase.Of("agent is up", UntilItAnswersAsync());
        byte[] bundle = await TestBundle.OfAsync(Specs.State(5, Specs.Vm()), s_image);

        Assert.Contains("expected a file that 'mvm bundle' made", await RefusalAsync([.. new byte[4 << 20]]), StringComparison.Ordinal);
        Assert.Contains("it is cut off", await RefusalAsync(bundle[..^1]), StringComparison.Ordinal);
        Assert.Contains("found the end of the file after 0", await RefusalAsync([]), StringComparison.Ordinal);
        Assert.Contains("found one for dev-2", await RefusalAsync(
            await TestBundle.OfAsync([TestBundle.For(Specs.State(5)) with { Device = DeviceId.Parse("dev-2") }], new byte[8 << 20])), StringComparison.Ordinal);

        Assert.Equal(0, (await AskOneAsync(LocalVerb.Status)).GetProperty("generation").GetInt32());
    }

    /// <summary>What a stick that breaks in the middle looks like.</summary>
    [Fact]
    public async Task Local_BundleThatCannotBeReadAnyFurther_SaysSo()
    {
        StartAgent();
        await Phase.Of("agent is up", UntilItAnswersAsync());
        using BrokenStream broken = new((await TestBundle.OfAsync(Specs.State(5, Specs.Vm()), s_image))[..100]);

        LocalFaultException fault = await Assert.ThrowsAsync<LocalFaultException>(
            () => LocalApply.SendAsync(LocalSocket, new LocalRequest(LocalVerb.Apply), broken, static _ => { }, TestContext.Current.CancellationToken));

        Assert.Equal("the bundle cannot be read any further: the stick was pulled", fault.Message);
        Assert.Equal(0, (await AskOneAsync(LocalVerb.Status)).GetProperty("generation").GetInt32());
    }

    private async Task<string> RefusalAsync(byte[] bundle) =>
        (await Assert.ThrowsAsync<LocalFaultException>(() => CarryAsync(bundle))).Message;

    private async Task<List<string>> CarryAsync(byte[] bundle, bool check = false)
    {
        List<string> lines = [];
        await Phase.Of("bundle", LocalApply.SendAsync(
            LocalSocket, new LocalRequest(LocalVerb.Apply, Check: check), new MemoryStream(bundle), lines.Add, TestContext.Current.CancellationToken));
        return lines;
    }

    private sealed class BrokenStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position < Length ? base.ReadAsync(buffer, cancellationToken) : throw new IOException("the stick was pulled");
    }
}

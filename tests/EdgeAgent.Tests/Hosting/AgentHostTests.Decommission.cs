using MicroVm.EdgeAgent.Hosting;
using MicroVm.EdgeAgent.Local;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Topics;
using MicroVm.TestKit;

namespace MicroVm.EdgeAgent.Tests.Hosting;

/// <content>The device is given up.</content>
public sealed partial class AgentHostTests
{
    private const int Stopped = 0, Wiped = 3;

    [Fact]
    public async Task Run_Decommissioned_RepliesStopsItsVmsAndLeavesNothing()
    {
        bool? isMarked = null;
        _gateway.Published = (kind, _) =>
        {
            isMarked = kind == UplinkKind.Reply ? Wipe.IsBegun(_options) : isMarked;
            return Task.CompletedTask;
        };
        using FakeInit init = await RunVmAsync();

        Assert.Equal("", await DecommissionAsync());

        Assert.True(isMarked);
        await EndVmAsync(init);
        await HasEndedWipedAsync();
    }

    [Fact]
    public async Task Run_DecommissioningCannotBeKept_IsRefusedAndDoneWhenItCan()
    {
        string inTheWay = Directory.CreateDirectory(Path.Combine(_options.DataDirectory, "decommissioning.new")).FullName;
        using FakeInit init = await RunVmAsync();

        Assert.Contains("decommissioning: cannot be written: ", await DecommissionAsync(), StringComparison.Ordinal);
        Assert.False(Wipe.IsBegun(_options));

        Directory.Delete(inTheWay);
        Assert.Equal("", await DecommissionAsync());
        await EndVmAsync(init);
        await HasEndedWipedAsync();
    }

    [Fact]
    public async Task Run_StoppedWhileTheVmsOfAWipeEnd_WipesNothingUntilTheNextStartHasEndedThem()
    {
        int pid;
        using (FakeInit init = await RunVmAsync())
        {
            pid = (await AskOneAsync(LocalVerb.Vms)).GetProperty("pid").GetInt32();
            await DecommissionAsync();
            await init.ReceiveAsync<GuestShutdown>("shutdown");
            await _stop!.CancelAsync();
            Assert.Equal(Stopped, await Phase.Of("stopped", _running));
        }

        Assert.Equal((true, true, false), (new ProcFileSystem().ReadStat(pid) is { IsAlive: true }, Wipe.IsBegun(_options), Wipe.IsDone(_options)));
        Assert.True(File.Exists(Path.Combine(_options.DataDirectory, "identity", "device.key")));
        byte[]? hello = _gateway.Hello;
        StartAgent();
        await Phase.Of("the VM is adopted", UntilItAnswersAsync());
        using (FakeInit adopted = await FakeInit.GreetAsync(_paths.GuestChannel(Specs.Vm().Name), GuestState.Running))
        {
            await EndVmAsync(adopted);
        }

        await HasEndedWipedAsync();
        Assert.Same(hello, _gateway.Hello);
        Assert.False(new ProcFileSystem().ReadStat(pid) is { IsAlive: true });
    }

    [Fact]
    public async Task Run_DecommissionedWhilePaused_StopsItsVms()
    {
        using FakeInit init = await RunVmAsync();
        await AskAsync(new LocalRequest(LocalVerb.Pause, Reason: "the fan is being changed"));

        await DecommissionAsync();

        await EndVmAsync(init);
        await HasEndedWipedAsync();
    }

    [Fact]
    public async Task Run_WipedBefore_DoesNothingAndSaysSo()
    {
        Directory.CreateDirectory(_options.RunDirectory);
        Assert.Equal("", Wipe.TryBegin(_options));
        Wipe.Run(_options);

        StartAgent();

        await HasEndedWipedAsync();
        Assert.Contains($"remove {Wipe.MarkOf(_options)} to enrol it again", _errors.ToString(), StringComparison.Ordinal);
    }

    private async Task<FakeInit> RunVmAsync()
    {
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        FakeInit init = await DeployAsync(1, Specs.Vm());
        await TakeStatusAsync("running", status => status.Phase == VmPhase.Running);
        return init;
    }

    /// <summary>Has the device wipe itself; returns why it does not.</summary>
    private async Task<string> DecommissionAsync()
    {
        string audience = DeviceCommand.Audience(_options.DeviceId, TestIdentity.Open(_options).Current!.KeyDigest);
        DeviceCommand command = new(Guid.NewGuid(), CommandKind.Decommission, []);
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Command, TestFleet.Shared.SignCommand(audience, command.Encode()));
        CommandReply reply = CommandReply.Decode(await _gateway.TakeAsync(UplinkKind.Reply, "reply"));
        Assert.Equal((command.Id, CommandKind.Decommission), (reply.CommandId, reply.Kind));
        return reply.Refusal;
    }

    private async Task EndVmAsync(FakeInit init)
    {
        await init.ReceiveAsync<GuestShutdown>("shutdown");
        await init.SendAsync(new GuestExited(0, ""));
        await init.ReceiveAsync<GuestExitAck>("acknowledgement");
        _vmm.End("web", 0);
    }

    private async Task HasEndedWipedAsync()
    {
        Assert.Equal(Wiped, await Phase.Of("end of the agent", _running));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_options.RunDirectory));
        Assert.Subset(
            new HashSet<string?> { "agent.lock", "decommissioned" }, Directory.EnumerateFileSystemEntries(_options.DataDirectory).Select(Path.GetFileName).ToHashSet());
        Assert.True(Wipe.IsDone(_options));
    }
}

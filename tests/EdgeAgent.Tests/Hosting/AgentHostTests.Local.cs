using System.Text.Json;
using MicroVm.EdgeAgent.Doctor;
using MicroVm.EdgeAgent.Local;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Sessions;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;

namespace MicroVm.EdgeAgent.Tests.Hosting;

/// <content>Somebody stands at the device.</content>
public sealed partial class AgentHostTests
{
    private string LocalSocket => Path.Combine(_options.RunDirectory, LocalServer.SocketName);

    private async Task<List<string>> AskAsync(LocalRequest request)
    {
        List<string> lines = [];
        await Phase.Of(request.ToLine(), LocalClient.AskAsync(LocalSocket, request, lines.Add, TestContext.Current.CancellationToken));
        return lines;
    }

    private async Task<JsonElement> AskOneAsync(LocalVerb verb) =>
        JsonDocument.Parse(Assert.Single(await AskAsync(new LocalRequest(verb)))).RootElement;

    [Fact]
    public async Task Local_StatusVmsAndLogs_AreWhatTheAgentKnows()
    {
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        using FakeInit init = await DeployAsync(7, Specs.Vm());
        VmStatus running = await TakeStatusAsync("running", status => status.Phase == VmPhase.Running);
        await init.SendLineAsync(1, "first");
        await init.SendLineAsync(2, "second");
        Assert.Equal(2UL, (await init.ReceiveAsync<GuestLogAck>("lines are kept")).Sequence);

        JsonElement status = await AskOneAsync(LocalVerb.Status);
        Assert.Equal(
            (_options.DeviceId.Value, 7, true, 1, JsonValueKind.Null),
            (status.GetProperty("device").GetString(), status.GetProperty("generation").GetInt32(), status.GetProperty("connected").GetBoolean(),
                status.GetProperty("running").GetInt32(), status.GetProperty("paused").ValueKind));
        JsonElement vm = await AskOneAsync(LocalVerb.Vms);
        Assert.Equal(
            ("web", "Running", running.VmmPid), (vm.GetProperty("name").GetString(), vm.GetProperty("phase").GetString(), vm.GetProperty("pid").GetInt32()));
        Assert.True(vm.GetProperty("residentBytes").GetInt64() > 0);
        List<string> lines = await AskAsync(new LocalRequest(LocalVerb.Logs, Specs.Vm().Name, Tail: 1));
        Assert.EndsWith("""stdout","text":"second"}""", Assert.Single(lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Local_WithNoNetwork_SaysWhyItIsNotConnectedAndWhatHappened()
    {
        StartAgent();
        await Phase.Of("agent is up", UntilItAnswersAsync());
        JsonElement link;
        do
        {
            link = (await AskOneAsync(LocalVerb.Status)).GetProperty("link");
        }
        while (link.GetProperty("failures").GetInt32() == 0);

        Assert.Contains("refused", link.GetProperty("fault").GetString(), StringComparison.OrdinalIgnoreCase);
        Assert.True(link.GetProperty("enrolled").GetBoolean());
        Assert.Contains("AgentStarted", (await AskAsync(new LocalRequest(LocalVerb.Events)))[0], StringComparison.Ordinal);
        IReadOnlyList<CheckResult> checks = await DoctorCommand.AskAsync(LocalSocket);
        Assert.Equal(["control-plane"], checks.Where(static check => check.Status != CheckStatus.Ok).Select(static check => check.Name));
        await _gateway.StartAsync();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        // Connected is the agent when it has heard that its hello was taken.
        while (!(await AskOneAsync(LocalVerb.Status)).GetProperty("connected").GetBoolean())
        {
        }

        Assert.All(await DoctorCommand.AskAsync(LocalSocket), static check => Assert.Equal(CheckStatus.Ok, check.Status));
    }

    [Fact]
    public async Task Local_Follow_GivesLinesAsTheyCome()
    {
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        using FakeInit init = await DeployAsync(1, Specs.Vm());
        await init.SendLineAsync(1, "old");
        await init.ReceiveAsync<GuestLogAck>("old line is kept");

        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        TaskCompletionSource old = new(), fresh = new();
        Task following = LocalClient.AskAsync(
            LocalSocket,
            new LocalRequest(LocalVerb.Logs, Specs.Vm().Name, Tail: 5, Follow: true),
            line => (line.Contains("fresh", StringComparison.Ordinal) ? fresh : old).TrySetResult(),
            enough.Token);
        await Phase.Of("line of the past", old.Task);
        await init.SendLineAsync(2, "fresh");
        await Phase.Of("line of now", fresh.Task);

        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following);
    }

    [Fact]
    public async Task Local_Session_ReachesTheGuestsInit()
    {
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        using FakeInit init = await DeployAsync(1, Specs.Vm());
        await TakeStatusAsync("running", status => status.Phase == VmPhase.Running);
        using FakeSessionGuest guest = new(_paths.Vsock(Specs.Vm().Name));

        await using StreamChannel channel = await LocalExec.OpenAsync(LocalSocket, new LocalRequest(LocalVerb.Session, Specs.Vm().Name), default);
        using MemoryStream output = new();
        Task<SessionClosed> run = new ExecClient(channel, null, output, Stream.Null, null).RunAsync(
            new SessionOpen { Kind = SessionKind.Exec, Command = ["id"] }, default);
        (SessionChannel session, SessionOpen open) = await Phase.Of("session at the guest", guest.TakeAsync());
        await session.SayAsync(SessionFrameKind.Opened);
        await session.HearAsync(SessionFrameKind.InputEnd);
        await session.SayAsync(SessionFrameKind.Output, "uid=0");
        await session.SendAsync(SessionFrameKind.Closed, new SessionClosed(4).Encode(), default);

        Assert.Equal((new SessionClosed(4), "uid=0", "id"), (await Phase.Of("end", run), System.Text.Encoding.UTF8.GetString(output.ToArray()), open.Command.Single()));
        await using StreamChannel other = await LocalExec.OpenAsync(LocalSocket, new LocalRequest(LocalVerb.Session, Specs.Vm("other").Name), default);
        await other.SendAsync(SessionFrameKind.Open, new SessionOpen { Kind = SessionKind.Exec, Command = ["id"] }.Encode(), default);
        Assert.Equal("VM 'other' is not on this device", (await other.EndAsync()).Fault);
    }

    /// <summary>Held over a restart as well: a change waits and is told, what runs stays, and both end with the switch.</summary>
    [Fact]
    public async Task Local_Pause_HoldsTheDeviceAsItIsUntilResumed()
    {
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        VmStatus before;
        using (FakeInit init = await DeployAsync(1, Specs.Vm()))
        {
            before = await TakeStatusAsync("running", status => status.Phase == VmPhase.Running);
            await AskAsync(new LocalRequest(LocalVerb.Pause, Reason: "the fan is being changed"));
            await StopAgentAsync();
        }

        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "second hello");
        await _gateway.SendAsync(
            _options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(2, Specs.Vm(revision: 2), Specs.Vm("other"))).Encode());
        ReportedState state = await _gateway.TakeAsync(
            UplinkKind.Reported, "held", payload => ReportedState.Decode(payload), found => found.Vms.Count(static vm => vm.Reason == "Paused") == 2);
        VmStatus held = state.Vms.Single(static vm => vm.Name.Value == "web"), waiting = state.Vms.Single(static vm => vm.Name.Value == "other");
        Assert.Equal((1, VmPhase.Running, before.VmmPid), (held.Revision, held.Phase, held.VmmPid));
        Assert.EndsWith("by uid 0: the fan is being changed", held.Message);
        Assert.Equal((VmPhase.Pending, 0), (waiting.Phase, waiting.VmmPid));
        Assert.EndsWith("the fan is being changed", (await AskOneAsync(LocalVerb.Status)).GetProperty("paused").GetString());

        // A change that is withdrawn waits no more; one that comes again does.
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(3, Specs.Vm())).Encode());
        await _gateway.TakeAsync(
            UplinkKind.Reported, "withdrawn", payload => ReportedState.Decode(payload), found => found.Vms is [{ Reason: "", Revision: 1 }]);
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(4, Specs.Vm(revision: 2))).Encode());
        await TakeStatusAsync("held again", static status => status.Reason == "Paused");

        using FakeInit adopted = await FakeInit.GreetAsync(_paths.GuestChannel(Specs.Vm().Name), GuestState.Running);
        await AskAsync(new LocalRequest(LocalVerb.Resume));
        await adopted.ReceiveAsync<GuestShutdown>("shutdown of the old revision");
    }

    /// <summary>What waits has no part in what the device has: neither its memory nor the volume that another revision does without.</summary>
    [Fact]
    public async Task Local_Pause_WhatWaitsTakesNothingFromWhatRuns()
    {
        _options = _options with { MemoryBudgetMib = 200 };
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        VmSpec spec = Specs.Vm() with { Volumes = [new VolumeMount(ResourceName.Parse("data"), 8, "/data")] };
        using FakeInit web = await DeployAsync(1, spec);
        await TakeStatusAsync("running", status => status.Phase == VmPhase.Running);
        await AskAsync(new LocalRequest(LocalVerb.Pause, Reason: "the fan is being changed"));

        VmSpec important = Specs.Vm("till") with { Priority = 10 };
        await _gateway.SendAsync(
            _options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(2, important, Specs.Vm(revision: 2))).Encode());
        await _gateway.TakeAsync(
            UplinkKind.Reported, "held", payload => ReportedState.Decode(payload), found => found.Vms.Count(static vm => vm.Reason == "Paused") == 2);
        web.Dispose();
        _vmm.End("web", 1);

        VmStatus again = await TakeStatusAsync("started again as it was", static status => status is { Name.Value: "web", Restarts: 1, VmmPid: > 0 });
        Assert.Equal(1, again.Revision);
        Assert.Equal("volume data of web: expected one that no VM has, but the VM still runs and has it", await DeleteVolumeAsync("data"));

        await AskAsync(new LocalRequest(LocalVerb.Resume));
        await TakeStatusAsync("has its turn", static status => status is { Name.Value: "till", Reason: "WaitsForMemory" });
    }

    [Fact]
    public async Task Local_OtherRequests_AreRefusedAndTheAgentGoesOn()
    {
        StartAgent();
        await Phase.Of("agent is up", UntilItAnswersAsync());
        LocalFaultException fault = await Assert.ThrowsAsync<LocalFaultException>(
            () => AskAsync(new LocalRequest(LocalVerb.Pause, Reason: new string('x', LocalRequest.MaxBytes))));
        Assert.Contains("found another request", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, (await AskOneAsync(LocalVerb.Status)).GetProperty("vms").GetInt32());
    }

    private async Task UntilItAnswersAsync()
    {
        while (true)
        {
            try
            {
                await LocalClient.AskAsync(LocalSocket, new LocalRequest(LocalVerb.Status), static _ => { }, TestContext.Current.CancellationToken);
                return;
            }
            catch (LocalFaultException)
            {
                await Task.Yield();
            }
        }
    }
}

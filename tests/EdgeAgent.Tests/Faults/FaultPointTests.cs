using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;
using MicroVm.TestKit;

namespace MicroVm.EdgeAgent.Tests.Faults;

/// <summary>
/// The agent is killed before and after everything that outlives it, once at each, in the middle of a life with VMs that come, change and
/// go. The next one brings the device to where it should be: nothing that was acknowledged is lost, no VM runs twice, none is orphaned,
/// and no tap, rule, socket, address or file is left behind.
/// </summary>
public sealed class FaultPointTests : IAsyncDisposable
{
    private static readonly byte[] s_first = Content(1), s_second = Content(2);
    private static readonly VmSpec s_till = Specs.Vm("till") with { Image = Specs.Image(s_second) };
    private static readonly string[] s_reads = ["Load", "Read", "Dispose"];

    private readonly FaultWorld _world = new("web", "till", "ghost");
    private readonly HashSet<Guid> _dead = [];
    private volatile ReportedState? _report;
    private volatile CommandReply? _reply;
    private ulong _acknowledged;
    private ulong? _held;
    private Guid _boot;
    private int _kills;

    public FaultPointTests()
    {
        _world.Images.Others[Digest.Of(s_first).Hex] = s_first;
        _world.Images.Others[Digest.Of(s_second).Hex] = s_second;
        _world.Gateway.Published = OnPublishedAsync;
    }

    /// <summary>Every moment, the first time that it comes; of the writes of the store the second as well.</summary>
    public static TheoryData<string, bool, int> Moments { get; } = new(
        from point in Enum.GetValues<FaultPoint>() from after in (bool[])[false, true] from time in (int[])[1, 2]
        where time == 1 || point <= FaultPoint.RemoveBatch
        select ($"{point}", after, time));

    [Fact]
    public void Points_EveryWriteOfTheStore_IsOne() => Assert.Subset(
        Enum.GetNames<FaultPoint>().ToHashSet(),
        typeof(IAgentStore).GetMethods().Select(static method => method.Name)
            .Where(static name => !s_reads.Any(read => name.StartsWith(read, StringComparison.Ordinal))).ToHashSet());

    [Fact]
    public async Task Life_NobodyIsKilled_PassesEveryPoint()
    {
        await LiveAsync();

        Assert.Equal(
            [],
            from point in Enum.GetValues<FaultPoint>() from after in (bool[])[false, true] where !_world.Trigger.Reached.ContainsKey((point, after)) select (point, after));
    }

    [Theory]
    [MemberData(nameof(Moments))]
    public async Task Life_KilledAtAPoint_GoesOnAsIfItHadNotBeen(string point, bool after, int time)
    {
        _world.Trigger.Arm(Enum.Parse<FaultPoint>(point), after, time, _world.Kill);

        await LiveAsync();

        Assert.True(time > 1 || _kills == 1, "the agent was not killed");
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private static byte[] Content(int seed)
    {
        // More than one piece of a download.
        byte[] content = new byte[150_000];
        new Random(seed).NextBytes(content);
        return content;
    }

    private static VmSpec Web(int revision, byte[] image, int mib) => Specs.Vm("web", revision) with
    {
        Image = Specs.Image(image),
        Volumes = [new VolumeMount(ResourceName.Parse("data"), mib, "/data")],
    };

    private async Task LiveAsync()
    {
        await _world.Gateway.StartAsync();
        _world.StartOrphan("ghost");
        _world.StartAgent();
        await ReachAsync(1, new Dictionary<string, int> { ["web/data.ext4"] = 8 }, Web(1, s_first, 8));
        await ReachAsync(2, new Dictionary<string, int> { ["web/data.ext4"] = 16 }, Web(2, s_second, 16), s_till);
        await ReachAsync(3, new Dictionary<string, int> { ["web/data.ext4"] = 16 }, s_till);
        await DoAsync(DeleteVolumeAsync);
        await ReachAsync(4, new Dictionary<string, int>());
    }

    /// <summary>Wants VMs, and waits until the device says that it has them and has nothing else.</summary>
    private Task ReachAsync(ulong generation, IReadOnlyDictionary<string, int> volumes, params VmSpec[] vms) => DoAsync(async killed =>
    {
        await WaitForAgentAsync(killed);
        await _world.Gateway.SendAsync(_world.Options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(generation, vms)).Encode());
        await FaultWorld.UntilNothingIsWrongAsync(
            $"generation {generation}",
            () => _report is ReportedState report && report.Header.BootId == _boot && report.ObservedGeneration == generation && Runs(report, vms)
                ? []
                : [$"the last report is of generation {_report?.ObservedGeneration}: {string.Join(", ", _report?.Vms ?? [])}"],
            killed);
        await _world.HasNothingButAsync(vms, volumes, killed);
    });

    private static bool Runs(ReportedState report, VmSpec[] vms) => report.Vms.Count == vms.Length
        && vms.All(spec => report.Vms.Any(vm => vm.Name == spec.Name && vm.Revision == spec.Revision && vm.Phase == VmPhase.Running));

    private async Task DeleteVolumeAsync(CancellationToken killed)
    {
        await WaitForAgentAsync(killed);
        DeviceCommand command = new(
            Guid.NewGuid(), CommandKind.DeleteVolume, new VolumeOrder(ResourceName.Parse("web"), ResourceName.Parse("data")).Encode());
        string audience = DeviceCommand.Audience(_world.Options.DeviceId, TestIdentity.Open(_world.Options).Current!.KeyDigest);
        await _world.Gateway.SendAsync(_world.Options.DeviceId, DownlinkKind.Command, TestFleet.Shared.SignCommand(audience, command.Encode()));
        await FaultWorld.UntilNothingIsWrongAsync("reply", () => _reply?.CommandId == command.Id ? [] : ["no reply"], killed);
        // The agent that was killed had done it.
        Assert.Contains(_reply!.Refusal, (string[])["", "volume data of web: expected one on this device, found none"]);
    }

    /// <summary>An agent that lives is connected and subscribed.</summary>
    private async Task WaitForAgentAsync(CancellationToken killed)
    {
        await FaultWorld.UntilNothingIsWrongAsync("hello", () => _boot != Guid.Empty && !_dead.Contains(_boot) ? [] : ["no hello"], killed);
        await _world.Gateway.WaitForSessionAsync(_world.Options.DeviceId);
    }

    /// <summary>Does something with the agent; when that is killed, it is done with the next.</summary>
    private async Task DoAsync(Func<CancellationToken, Task> act)
    {
        using CancellationTokenSource killed = new();
        Task doing = act(killed.Token);
        if (await Task.WhenAny(doing, _world.Trigger.Fired) != doing)
        {
            await killed.CancelAsync();
            await doing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ReplaceAgentAsync();
            doing = act(CancellationToken.None);
        }

        await doing;
    }

    private async Task ReplaceAgentAsync()
    {
        await _world.BuryAsync();
        _kills++;
        _dead.Add(_boot);
        (ulong acknowledged, _held) = (_acknowledged, null);
        _world.StartAgent();
        await FaultWorld.UntilNothingIsWrongAsync("next agent's hello", () => _held is null ? ["no hello"] : [], default);
        Assert.True(_held >= acknowledged, $"generation {acknowledged} was acknowledged, the next agent holds {_held}");
    }

    private async Task OnPublishedAsync(UplinkKind kind, byte[] payload)
    {
        switch (kind)
        {
            case UplinkKind.Hello:
                Hello hello = Hello.Decode(payload);
                (_boot, _held) = (hello.Header.BootId, hello.HeldGeneration);
                break;
            case UplinkKind.Reported:
                _report = ReportedState.Decode(payload);
                _acknowledged = Math.Max(_acknowledged, _report.ObservedGeneration);
                break;
            case UplinkKind.Reply:
                _reply = CommandReply.Decode(payload);
                break;
            case UplinkKind.Telemetry:
                TelemetryBatch batch = TelemetryBatch.Decode(payload);
                await _world.Gateway.SendAsync(
                    _world.Options.DeviceId, DownlinkKind.Ack, new Ack(batch.Header.BootId, batch.Header.Sequence).Encode());
                break;
        }
    }
}

using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Hosting;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;
using MicroVm.TestKit;

namespace MicroVm.EdgeAgent.Tests.Faults;

/// <summary>
/// The agent of a device that is given up is killed while its VMs end. Its control plane has forgotten it by then: the next agent ends them
/// and wipes the device by itself.
/// </summary>
public sealed class DecommissionFaultTests : IAsyncDisposable
{
    private const int Wiped = 3;
    private static readonly FaultPoint[] s_points =
    [
        FaultPoint.SaveVm, FaultPoint.RemoveVm, FaultPoint.RemoveLink, FaultPoint.LinkRemoval, FaultPoint.RulesRemoval, FaultPoint.RunRemoval,
        FaultPoint.CgroupRemoval, FaultPoint.ImageRemoval,
    ];

    private static readonly byte[] s_image = [1, 2, 3];
    private static readonly VmSpec s_web = Specs.Vm() with
    {
        Image = Specs.Image(s_image), Volumes = [new VolumeMount(ResourceName.Parse("data"), 8, "/data")],
    };

    private readonly FaultWorld _world = new("web");
    private readonly TaskCompletionSource _runs = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _hello = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Action? _arm;
    private int _hellos;

    public DecommissionFaultTests()
    {
        _world.Images.Others[Digest.Of(s_image).Hex] = s_image;
        _world.Gateway.Published = OnPublishedAsync;
    }

    public static TheoryData<string, bool> Moments { get; } = new(
        from point in s_points from after in (bool[])[false, true] select ($"{point}", after));

    [Theory]
    [MemberData(nameof(Moments))]
    public async Task Decommission_KilledAtAPoint_IsFinishedByTheNextAgentAlone(string point, bool after)
    {
        await RunWebAsync();
        FaultPoint where = Enum.Parse<FaultPoint>(point);
        await DecommissionAsync(() => _world.Trigger.Arm(where, after, _world.Trigger.Reached.GetValueOrDefault((where, after)) + 1, _world.Kill));

        await Phase.Of($"{point} is reached", _world.Trigger.Fired);
        await _world.BuryAsync();
        Assert.Equal((true, false), (Wipe.IsBegun(_world.Options), Wipe.IsDone(_world.Options)));
        int hellos = _hellos;
        _world.StartAgent();

        Assert.Equal(Wiped, await Phase.Of("the next agent's end", _world.Exit));
        Assert.Empty(_world.WrongWhenWiped());
        Assert.Equal(hellos, _hellos);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private async Task RunWebAsync()
    {
        await _world.Gateway.StartAsync();
        _world.StartAgent();
        await Phase.Of("hello", _hello.Task);
        await _world.Gateway.WaitForSessionAsync(_world.Options.DeviceId);
        await _world.Gateway.SendAsync(_world.Options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(1, s_web)).Encode());
        await Phase.Of("VM runs", _runs.Task);
    }

    /// <summary>Gives the device up; the trigger is armed when it says that it goes, which is before anything ends.</summary>
    private async Task DecommissionAsync(Action arm)
    {
        _arm = arm;
        string audience = DeviceCommand.Audience(_world.Options.DeviceId, TestIdentity.Open(_world.Options).Current!.KeyDigest);
        DeviceCommand command = new(Guid.NewGuid(), CommandKind.Decommission, []);
        await _world.Gateway.SendAsync(_world.Options.DeviceId, DownlinkKind.Command, TestFleet.Shared.SignCommand(audience, command.Encode()));
        Assert.Equal("", await Phase.Of("reply", _reply.Task));
    }

    private Task OnPublishedAsync(UplinkKind kind, byte[] payload)
    {
        switch (kind)
        {
            case UplinkKind.Hello:
                _hellos++;
                _hello.TrySetResult();
                break;
            case UplinkKind.Reported when ReportedState.Decode(payload).Vms is [{ Phase: VmPhase.Running }]:
                _runs.TrySetResult();
                break;
            case UplinkKind.Reply:
                // The gateway acknowledges when this returns, and the agent goes on when it has.
                _arm?.Invoke();
                _reply.TrySetResult(CommandReply.Decode(payload).Refusal);
                break;
        }

        return Task.CompletedTask;
    }
}

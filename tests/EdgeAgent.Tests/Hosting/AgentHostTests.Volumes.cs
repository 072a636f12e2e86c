using MicroVm.EdgeAgent.Identity;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Topics;
using MicroVm.TestKit;

namespace MicroVm.EdgeAgent.Tests.Hosting;

/// <content>Volumes from the desired state to the command that deletes them.</content>
public sealed partial class AgentHostTests
{
    [Fact]
    public async Task Run_Volume_IsKeptWithoutItsVmAndDeletedOnlyWhenNoVmHasIt()
    {
        string file = Path.Combine(_options.DataDirectory, "volumes", "web", "data.ext4");
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        VmSpec spec = Specs.Vm() with { Volumes = [new VolumeMount(ResourceName.Parse("data"), 8, "/data")] };
        using FakeInit init = await DeployAsync(1, spec);
        await _gateway.TakeAsync(
            UplinkKind.Reported, "running with its volume", payload => ReportedState.Decode(payload),
            static state => state is { Vms: [{ Phase: VmPhase.Running }], Volumes: [{ IsDesired: true, SizeBytes: 8 << 20 }] });
        Assert.Equal(8 << 20, new FileInfo(file).Length);
        Assert.Contains(file, File.ReadAllText(_paths.Config(spec.Name)), StringComparison.Ordinal);
        Assert.Equal("volume data of web: expected one that no VM has, but the VM is desired and has it", await DeleteVolumeAsync("data"));

        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(2)).Encode());
        await init.ReceiveAsync<GuestShutdown>("shutdown");
        Assert.Equal("volume data of web: expected one that no VM has, but the VM still runs and has it", await DeleteVolumeAsync("data"));
        await init.SendAsync(new GuestExited(0, ""));
        await init.ReceiveAsync<GuestExitAck>("acknowledgement");
        _vmm.End("web", 0);
        init.Dispose();
        ReportedState left = await _gateway.TakeAsync(
            UplinkKind.Reported, "nothing runs", payload => ReportedState.Decode(payload), state => state is { ObservedGeneration: 2, Vms.Count: 0 });
        Assert.Equal(("data", false), (Assert.Single(left.Volumes).Name.Value, left.Volumes[0].IsDesired));

        Assert.True(File.Exists(file));
        Assert.Equal("volume other of web: expected one on this device, found none", await DeleteVolumeAsync("other"));
        Assert.Equal("", await DeleteVolumeAsync("data"));
        Assert.False(File.Exists(file));
        await _gateway.TakeAsync(UplinkKind.Reported, "no volume is left", payload => ReportedState.Decode(payload), static state => state.Volumes.Count == 0);
    }

    [Fact]
    public async Task Run_ReplacementWithASmallerVolume_IsRefusedWhileTheOldOneGoesOn()
    {
        await _gateway.StartAsync();
        StartAgent();
        await _gateway.TakeAsync(UplinkKind.Hello, "hello");
        VmSpec spec = Specs.Vm() with { Volumes = [new VolumeMount(ResourceName.Parse("data"), 16, "/data")] };
        using FakeInit init = await DeployAsync(1, spec);
        VmStatus before = await TakeStatusAsync("running", static status => status.Phase == VmPhase.Running);

        VmSpec smaller = spec with { Revision = 2, Volumes = [spec.Volumes[0] with { SizeMib = 8 }] };
        await _gateway.SendAsync(_options.DeviceId, DownlinkKind.Desired, Specs.Envelope(Specs.State(2, smaller)).Encode());

        VmStatus refused = await TakeStatusAsync("refused", static status => status.Reason == "VolumeShrink");
        Assert.Equal((VmPhase.Running, 1, before.VmmPid), (refused.Phase, refused.Revision, refused.VmmPid));
        Assert.Equal("volume data: expected at least its 16 MiB, found 8 MiB wanted; volumes do not shrink", refused.Message);
    }

    /// <summary>The refusal; empty when it was done.</summary>
    private async Task<string> DeleteVolumeAsync(string name)
    {
        DeviceCommand command = new(
            Guid.NewGuid(), CommandKind.DeleteVolume, new VolumeOrder(ResourceName.Parse("web"), ResourceName.Parse(name)).Encode());
        IdentityStore identity = TestIdentity.Open(_options);
        await _gateway.SendAsync(
            _options.DeviceId, DownlinkKind.Command,
            TestFleet.Shared.SignCommand(DeviceCommand.Audience(_options.DeviceId, identity.Current!.KeyDigest), command.Encode()));
        CommandReply reply = await _gateway.TakeAsync(
            UplinkKind.Reply, "reply", payload => CommandReply.Decode(payload), found => found.CommandId == command.Id);
        return reply.Refusal;
    }
}

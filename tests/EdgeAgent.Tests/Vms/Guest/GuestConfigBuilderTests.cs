using System.Net;
using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms.Guest;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Vms.Guest;

public sealed class GuestConfigBuilderTests
{
    [Fact]
    public void Build_EverythingOfTheSpecification_ReachesTheGuest()
    {
        VmSpec spec = Specs.Vm() with
        {
            Volumes = [new VolumeMount(ResourceName.Parse("data"), 64, "/data"), new VolumeMount(ResourceName.Parse("ro"), 64, "/ro", ReadOnly: true)],
            Tmpfs = [new TmpfsMount("/tmp", 16)],
            Probes = new ProbeSet(null, null, new Probe { Kind = ProbeKind.Tcp, Port = 80 }),
        };
        VmAttachment place = new(
            VmLink.Derive(spec.Name, 0, IPAddress.Parse("172.30.0.2")), IPAddress.Parse("172.30.0.1"),
            (IPAddress.Parse("fd00::2"), IPAddress.Parse("fd00::1")), 1400);

        GuestConfig config = new GuestConfigBuilder(name => name == spec.Name ? place : null, NoSecrets.Instance).Build(spec);

        Assert.Equal((spec.Process, "web", 10), (config.Process, config.Hostname, config.GracePeriodSeconds));
        Assert.Equal([new GuestVolume("/dev/vdb", "/data", false), new GuestVolume("/dev/vdc", "/ro", true)], config.Volumes);
        Assert.Equal(spec.Tmpfs, config.Tmpfs);
        Assert.Equal(spec.Probes, config.Probes);
        Assert.Equal([new GuestAddress("172.30.0.2", 32, "172.30.0.1"), new GuestAddress("fd00::2", 128, "fd00::1")], config.Network!.Addresses);
        Assert.Equal(1400, config.Network.Mtu);
        // What is written can be read by init.
        Assert.Equal(config.Volumes, Assert.IsType<GuestConfig>(GuestMessage.Decode(GuestChannel.Frame(config).AsMemory(GuestChannel.HeaderBytes))).Volumes);
    }

    [Fact]
    public void Build_NoNetwork_SaysNone() =>
        Assert.Null(new GuestConfigBuilder(static _ => null, NoSecrets.Instance).Build(Specs.Vm()).Network);

    [Fact]
    public void Build_SecretGoneMeanwhile_TheGuestHasToAskAgain()
    {
        GuestConfigBuilder builder = new(static _ => null, new BrokenSecrets());

        Assert.Equal("secret key: gone", Assert.Throws<IOException>(() => builder.Build(Specs.Vm())).Message);
    }

    private sealed class BrokenSecrets : ISecretSource
    {
        public IReadOnlyList<GuestSecret> Open(VmSpec spec) => throw new SecretUnavailableException("secret key: gone");
    }
}

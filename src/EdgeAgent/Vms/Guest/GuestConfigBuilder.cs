using MicroVm.EdgeAgent.Networks;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Vms.Guest;

/// <summary>Makes what a guest is told when it asks what to run.</summary>
internal sealed class GuestConfigBuilder(Func<ResourceName, VmAttachment?> networkOf, ISecretSource secrets)
{
    /// <summary>Volumes are the drives behind the root file system, in order: /dev/vdb, /dev/vdc and so on.</summary>
    private const char FirstVolume = 'b';

    /// <summary>The configuration of one VM's guest.</summary>
    /// <exception cref="IOException">A secret is not there any more: the guest has to ask again.</exception>
    internal GuestConfig Build(VmSpec spec) => new(spec.Process, spec.Name.Value, spec.GracePeriodSeconds)
    {
        Network = networkOf(spec.Name)?.ToGuest(),
        Volumes = [.. spec.Volumes.Select(static (volume, i) => new GuestVolume($"/dev/vd{(char)(FirstVolume + i)}", volume.Path, volume.ReadOnly))],
        Tmpfs = spec.Tmpfs,
        Probes = spec.Probes,
        Secrets = Open(spec),
    };

    private IReadOnlyList<GuestSecret> Open(VmSpec spec)
    {
        try
        {
            return secrets.Open(spec);
        }
        catch (SecretUnavailableException e)
        {
            throw new IOException(e.Message, e);
        }
    }
}

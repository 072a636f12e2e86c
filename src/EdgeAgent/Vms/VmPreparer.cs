using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Vms.Guest;
using MicroVm.EdgeAgent.Volumes;
using MicroVm.Shared.Contracts.Desired;
using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>Gives a VM what its specification wants of the device. Doing it twice is doing it once.</summary>
internal sealed class VmPreparer(VolumeStore volumes, VmNetworks networks, ISecretSource secrets, ILogger logger)
{
    private const string SecretUnavailable = nameof(SecretUnavailable);

    /// <summary>Before the VMM starts: secrets that can be opened, volumes, the network.</summary>
    /// <exception cref="ResourceFaultException">It cannot have something that it needs.</exception>
    internal async Task<VmResources> PrepareAsync(VmSpec spec)
    {
        RequireSecrets(spec);
        IReadOnlyList<string> files = await volumes.PrepareAsync(spec);
        try
        {
            return new VmResources(await networks.AttachAsync(spec), files);
        }
        catch (NetworkFaultException e) when (e.Reason == NetworkFaultException.NetworkUnavailable && !NeedsNetwork(spec))
        {
            if (!networks.IsEnabled)
            {
                return new VmResources(null, files);
            }

            Log.WithoutNetwork(logger, spec.Name.Value, e.Message);
            return new VmResources(null, files, $"runs without a network: {e.Message}");
        }
    }

    /// <summary>
    /// Looks, without changing anything, whether a VM that replaces a running one could have what it needs. What only shows when
    /// it is tried is not seen.
    /// </summary>
    /// <returns>Why not; null when nothing speaks against it.</returns>
    internal ResourceFaultException? Check(VmSpec spec)
    {
        try
        {
            RequireSecrets(spec);
            volumes.Check(spec);
            networks.Check(spec);
            return null;
        }
        catch (ResourceFaultException e)
        {
            return e;
        }
    }

    private void RequireSecrets(VmSpec spec)
    {
        try
        {
            _ = secrets.Open(spec);
        }
        catch (SecretUnavailableException e)
        {
            throw new ResourceFaultException(SecretUnavailable, e.Message, e);
        }
    }

    private static bool NeedsNetwork(VmSpec spec) => spec.Ports.Count > 0 || !spec.Network.IsDefault;
}

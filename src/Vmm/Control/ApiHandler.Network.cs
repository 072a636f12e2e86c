using MicroVm.Vmm.Control.Http;
using MicroVm.Vmm.Control.Requests;

namespace MicroVm.Vmm.Control;

/// <content>The network interfaces of a VM, before and after its start.</content>
internal sealed partial class ApiHandler
{
    private const string NetworkSection = "network-interfaces";

    private HttpResponse PutNetworkInterface(string id, ReadOnlySpan<byte> body)
    {
        NetworkInterfaceConfig network = Read(body, NetworkSection, NetworkInterfaceReader.Read);
        RequireSameId(id, network.IfaceId);
        foreach (NetworkInterfaceConfig other in config.NetworkInterfaces)
        {
            if (!IsStarted && network.GuestMac is { } mac && other.GuestMac == mac && other.IfaceId != id)
            {
                return Refuse($"Network config error: The MAC address is already in use: {mac}");
            }
        }

        return ApplyBeforeStart(() => config.SetNetworkInterface(network, NetworkSection));
    }

    private HttpResponse PatchNetworkInterface(string id, ReadOnlySpan<byte> body)
    {
        NetworkInterfaceUpdate update = Read(body, NetworkSection, NetworkInterfaceReader.ReadUpdate);
        RequireSameId(id, update.IfaceId);
        if (!IsStarted)
        {
            return Refuse(NotBeforeStart);
        }

        if (config.FindNetworkInterface(id) is not { } network)
        {
            throw new VmConfigException($"{NetworkSection}.iface_id", "an interface of this VM", $"\"{id}\"");
        }

        vm.SetNetworkLimits(id, update.RxRateLimiter, update.TxRateLimiter);
        NetworkInterfaceConfig changed = network with
        {
            RxRateLimiter = RateLimiterConfig.Merge(network.RxRateLimiter, update.RxRateLimiter),
            TxRateLimiter = RateLimiterConfig.Merge(network.TxRateLimiter, update.TxRateLimiter),
        };
        config.SetNetworkInterface(changed, NetworkSection);
        return HttpResponse.NoContent;
    }

    private static void RequireSameId(string id, string bodyId)
    {
        if (bodyId != id)
        {
            throw new VmConfigException(NetworkSection, $"The id from the path [{id}] does not match the id from the body [{bodyId}]!");
        }
    }
}

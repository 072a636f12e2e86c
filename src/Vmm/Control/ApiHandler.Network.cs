using MicroVm.Vmm.Control.Http;
using MicroVm.Vmm.Control.Requests;

namespace MicroVm.Vmm.Control;

/// <content>The network interfaces of a VM, before and after its start.</content>
internal sealed partial class ApiHandler
{
    private const string NetworkSection = "network-interfaces";
    private const string NetworkTarget = $"/{NetworkSection}/";

    private Action ReadNetworkInterface(ref JsonCursor cursor, string id)
    {
        NetworkInterfaceConfig network = NetworkInterfaceReader.Read(ref cursor);
        RequireSameId(id, network.IfaceId);
        return () => config.SetNetworkInterface(network, NetworkSection);
    }

    private HttpResponse PatchNetworkInterface(in HttpRequest request, string id)
    {
        var cursor = new JsonCursor(request.Body, NetworkSection);
        (string bodyId, RateLimiterConfig? rx, RateLimiterConfig? tx) = NetworkInterfaceReader.ReadUpdate(ref cursor);
        cursor.End();
        RequireSameId(id, bodyId);
        if (config.FindNetworkInterface(id) is not { } network)
        {
            throw new VmConfigException($"{NetworkSection}.iface_id", "an interface of this VM", $"\"{id}\"");
        }

        vm.SetNetworkLimits(id, rx, tx);
        NetworkInterfaceConfig changed = network with
        {
            RxRateLimiter = RateLimiterConfig.Merge(network.RxRateLimiter, rx),
            TxRateLimiter = RateLimiterConfig.Merge(network.TxRateLimiter, tx),
        };
        config.SetNetworkInterface(changed, NetworkSection);
        return HttpResponse.NoContent;
    }

    private static void RequireSameId(string id, string bodyId)
    {
        if (bodyId != id)
        {
            throw new VmConfigException($"{NetworkSection}.iface_id", $"\"{id}\" as in the path", $"\"{bodyId}\"");
        }
    }
}

using System.Net;

namespace MicroVm.EdgeAgent.Networks.Links;

/// <summary>A route of the host to other machines.</summary>
/// <param name="Network">Where to; length 0 is the default route.</param>
/// <param name="LinkIndex">Through which link; 0 for several.</param>
/// <param name="Priority">The lower one is taken.</param>
internal sealed record HostRoute(IPNetwork Network, int LinkIndex, int Priority)
{
    /// <summary>Where everything goes that nothing else says.</summary>
    internal bool IsDefault => Network.PrefixLength == 0;
}

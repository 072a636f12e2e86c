using System.Net;
using MicroVm.ControlPlane.Host.Configuration;

namespace MicroVm.ControlPlane.Host.Identity;

/// <summary>The names that this server's certificate carries: loopback, the machine's own, where it listens, and what the operator adds.</summary>
internal sealed class ServerNames
{
    public ServerNames(ControlPlaneOptions options)
    {
        IEnumerable<string> listening = new[] { options.Listen.Address, options.Mqtt.Address }
            .Where(static address => !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
            .Select(static address => address.ToString());
        string host = Dns.GetHostName();
        All = [.. new[] { "localhost", "127.0.0.1", "::1" }
            .Concat(Uri.CheckHostName(host) == UriHostNameType.Dns ? [host.ToLowerInvariant()] : [])
            .Concat(listening)
            .Concat(options.Names)
            .Distinct(StringComparer.Ordinal)];
    }

    internal IReadOnlyList<string> All { get; }
}

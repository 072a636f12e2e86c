using System.Net;

namespace MicroVm.EdgeAgent.Configuration;

/// <summary>The network that VMs have on the device.</summary>
/// <param name="Pool">Their IPv4 addresses, a network of 8 to <see cref="MostPrefixBits"/> bits that the host has no other use for.</param>
/// <param name="IsEnabled">False on a host whose network the agent has to leave alone: VMs have none.</param>
internal sealed record NetworkOptions(IPNetwork Pool, bool IsEnabled = true)
{
    /// <summary>Longest prefix: a gateway, five VMs, and the broadcast address.</summary>
    internal const int MostPrefixBits = 29;

    /// <summary>Shortest prefix.</summary>
    internal const int LeastPrefixBits = 8;

    /// <summary>The pool when nothing else is configured.</summary>
    internal const string DefaultPool = "172.30.0.0/16";

    /// <summary>What holds when nothing is configured.</summary>
    internal static NetworkOptions Default { get; } = new(IPNetwork.Parse(DefaultPool));
}

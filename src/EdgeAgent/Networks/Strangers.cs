namespace MicroVm.EdgeAgent.Networks;

/// <summary>
/// Links of the host between which nothing was forwarded before the agent switched forwarding on, and nothing shall be now.
/// Empty where the host did so anyway.
/// </summary>
/// <param name="Ipv4">For IPv4.</param>
/// <param name="Ipv6">For IPv6.</param>
internal sealed record Strangers(IReadOnlyList<string> Ipv4, IReadOnlyList<string> Ipv6)
{
    /// <summary>None.</summary>
    internal static Strangers None { get; } = new([], []);
}

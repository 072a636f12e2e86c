namespace MicroVm.EdgeAgent.Networks;

/// <summary>The kernel's switch for packets that are not for the host itself.</summary>
internal interface IForwarding
{
    /// <summary>Switches it on.</summary>
    /// <param name="links">Names of the host's links now.</param>
    /// <param name="withIpv6">For IPv6 as well.</param>
    /// <returns>Links between which nothing was forwarded before.</returns>
    /// <exception cref="NetworkFaultException">The kernel refused.</exception>
    Strangers Enable(IReadOnlyList<string> links, bool withIpv6);

    /// <summary>Puts back what <see cref="Enable"/> changed, whoever's start of the agent did it.</summary>
    void Restore();
}

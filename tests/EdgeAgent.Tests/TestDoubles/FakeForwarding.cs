using MicroVm.EdgeAgent.Networks;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>A switch for forwarding that is only remembered.</summary>
internal sealed class FakeForwarding : IForwarding
{
    internal bool IsOn { get; private set; }

    public Strangers Enable(IReadOnlyList<string> links, bool withIpv6)
    {
        IsOn = true;
        return new Strangers(links, []);
    }

    public void Restore() => IsOn = false;
}

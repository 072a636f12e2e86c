namespace MicroVm.Shared.Contracts.Desired;

/// <summary>What a port is of.</summary>
public enum TransportProtocol
{
    /// <summary>RFC 9293.</summary>
    Tcp = 0,

    /// <summary>RFC 768.</summary>
    Udp = 1,
}

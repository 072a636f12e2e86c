using System.Net;

namespace MicroVm.EdgeAgent.Networks.Names;

/// <summary>What the device itself knows of names.</summary>
internal interface INameSource
{
    /// <summary>Addresses that questions come in by; they are never passed on to them.</summary>
    IPAddress?[] Own { get; }

    /// <summary>The answer; null when the question is to be passed on.</summary>
    byte[]? Answer(ReadOnlySpan<byte> message, in DnsQuery query);
}

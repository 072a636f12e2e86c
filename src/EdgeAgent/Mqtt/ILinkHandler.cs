using MicroVm.Shared.Topics;

namespace MicroVm.EdgeAgent.Mqtt;

/// <summary>What the link tells the rest of the agent.</summary>
internal interface ILinkHandler
{
    /// <summary>The payload of the hello that begins a connection.</summary>
    byte[] MakeHello();

    /// <summary>
    /// The payload of a report that has to be heard before anything may come down, because what comes may end the connection; null for none.
    /// </summary>
    byte[]? MakeFirstReport();

    /// <summary>A packet came that is not taken because of its length; the connection ends.</summary>
    void OnTooLarge(long bytes);

    /// <summary>A connection is up and its hello is published.</summary>
    void OnConnected();

    /// <summary>A downlink came. Must not throw for what is in it.</summary>
    void OnDownlink(DownlinkKind kind, ReadOnlyMemory<byte> payload);
}

namespace MicroVm.Vmm.Devices.Virtio.Vsock;

/// <summary>
/// Life of a connection:
/// <code>
///   host connects --> Handshake --CONNECT line--> Requested --RESPONSE--> Established --host closed--> PeerGone --> removed
///   guest's REQUEST, host accepts ------------------------------------------^   |  ^                               ^
///                                                            SHUTDOWN by guest  v  |                               |
///                                                                             Draining --buffer written------------+
/// </code>
/// A RST from the guest removes it from anywhere.
/// </summary>
internal enum VsockConnectionState
{
    /// <summary>The host's client has not said which port it wants.</summary>
    Handshake,

    /// <summary>The guest was asked and has not answered.</summary>
    Requested,

    /// <summary>Both sides may send.</summary>
    Established,

    /// <summary>The guest is done in both directions; the host still reads what was buffered for it.</summary>
    Draining,

    /// <summary>The host's end is closed and the guest was told; its RST is awaited.</summary>
    PeerGone,
}

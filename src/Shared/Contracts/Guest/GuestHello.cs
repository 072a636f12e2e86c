using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>Guest to host, first on every connection.</summary>
/// <param name="ProtocolVersion"><see cref="OldestProtocolVersion"/> to <see cref="CurrentProtocolVersion"/>.</param>
/// <param name="InitVersion">Version of <c>microvm-init</c>.</param>
/// <param name="State">What the guest already does; anything but <see cref="GuestState.AwaitingConfig"/> means that the connection is a new one to a guest that has its configuration.</param>
public sealed record GuestHello(int ProtocolVersion, string InitVersion, GuestState State) : GuestMessage
{
    /// <summary>The version this code speaks.</summary>
    public const int CurrentProtocolVersion = 2;

    /// <summary>
    /// The oldest version that the agent still speaks, because a VM keeps its init while the agent is replaced. Version 1 knows
    /// no <see cref="GuestClock"/> and drops a connection on which one comes.
    /// </summary>
    public const int OldestProtocolVersion = 1;

    internal override int Kind => 1;

    internal override void WriteFields(WireWriter map)
    {
        map.Field(1, ProtocolVersion);
        map.Field(2, InitVersion);
        map.Field(3, (int)State);
    }
}

using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>Host to guest: log lines up to this one are kept on the device.</summary>
/// <param name="Sequence">Sequence of the last kept line.</param>
public sealed record GuestLogAck(ulong Sequence) : GuestMessage
{
    internal override int Kind => 5;

    internal override void WriteFields(WireWriter map) => map.Field(1, Sequence);
}

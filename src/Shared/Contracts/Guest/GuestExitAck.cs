using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>Host to guest: the end of the workload is known; power off.</summary>
public sealed record GuestExitAck : GuestMessage
{
    internal override int Kind => 7;

    internal override void WriteFields(WireWriter map)
    {
    }
}

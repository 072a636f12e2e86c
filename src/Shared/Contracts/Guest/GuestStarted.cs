using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>Guest to host: the workload was started.</summary>
/// <param name="Pid">Its process id inside the guest.</param>
public sealed record GuestStarted(int Pid) : GuestMessage
{
    internal override int Kind => 3;

    internal override void WriteFields(WireWriter map) => map.Field(1, Pid);
}

using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>Host to guest: stop the workload, report its exit, power off.</summary>
/// <param name="GracePeriodSeconds">Seconds between the stop signal and SIGKILL.</param>
public sealed record GuestShutdown(int GracePeriodSeconds) : GuestMessage
{
    internal override int Kind => 8;

    internal override void WriteFields(WireWriter map) => map.Field(1, GracePeriodSeconds);
}

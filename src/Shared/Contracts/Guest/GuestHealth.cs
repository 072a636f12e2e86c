using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>Guest to host: what the probes say. Sent when it changes and again on a new connection; a workload without probes is ready when it is started.</summary>
/// <param name="StartedUp">The start-up probe has succeeded, or there is none.</param>
/// <param name="Ready">The readiness probe says yes, or there is none and the workload has started up.</param>
/// <param name="Message">What the probe that says no found; empty when none does.</param>
public sealed record GuestHealth(bool StartedUp, bool Ready, string Message) : GuestMessage
{
    internal override int Kind => 9;

    internal override void WriteFields(WireWriter map)
    {
        map.Field(1, StartedUp);
        map.Field(2, Ready);
        map.Field(3, Message);
    }
}

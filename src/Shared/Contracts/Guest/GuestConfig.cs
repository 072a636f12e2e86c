using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>Host to guest: what to run. Answer to a hello that awaits it.</summary>
/// <param name="Process">The workload.</param>
/// <param name="Hostname">Host name inside the guest.</param>
/// <param name="GracePeriodSeconds">Seconds between SIGTERM and SIGKILL when the guest is asked to power off by its power button.</param>
public sealed record GuestConfig(Desired.ProcessSpec Process, string Hostname, int GracePeriodSeconds) : GuestMessage
{
    internal override int Kind => 2;

    internal override void WriteFields(WireWriter map)
    {
        map.WriteField(1, Process.Write);
        map.Field(2, Hostname);
        map.Field(3, GracePeriodSeconds);
    }
}

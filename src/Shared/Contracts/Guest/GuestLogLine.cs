using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>Guest to host: one log line. Kept in the guest until it is acknowledged, and sent again on a new connection.</summary>
/// <param name="Sequence">Rises by one with each line of one guest boot, from 1; a gap means that the guest's buffer was full.</param>
/// <param name="AtUnixNs">Guest's clock.</param>
/// <param name="Stream">Where it was written.</param>
/// <param name="Text">The line without its end, invalid UTF-8 replaced.</param>
public sealed record GuestLogLine(ulong Sequence, long AtUnixNs, LogStream Stream, string Text) : GuestMessage
{
    internal override int Kind => 4;

    internal override void WriteFields(WireWriter map)
    {
        map.Field(1, Sequence);
        map.Field(2, AtUnixNs);
        map.Field(3, (int)Stream);
        map.Field(4, Text);
    }
}

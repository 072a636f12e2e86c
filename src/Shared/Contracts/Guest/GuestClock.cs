using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>
/// Host to guest: the device's time. Sent after every hello and every few minutes; a guest whose clock is more than
/// <see cref="ToleranceMilliseconds"/> off, as after it was paused or restored, sets it.
/// </summary>
/// <param name="UnixNs">Nanoseconds since 1970.</param>
public sealed record GuestClock(long UnixNs) : GuestMessage
{
    /// <summary>What a guest's clock may be off.</summary>
    public const int ToleranceMilliseconds = 500;

    internal override int Kind => 11;

    internal override void WriteFields(WireWriter map) => map.Field(1, UnixNs);
}

using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>
/// What a device knows of its time when it sends a batch, added to the batch that was encoded earlier. With it a reader can
/// place samples that were taken while the clock was wrong.
/// </summary>
/// <param name="SentAtUnixMs">The device's clock, in milliseconds since 1970.</param>
/// <param name="Clock">How far that clock can be believed now.</param>
/// <param name="AgeMs">How long ago <see cref="TelemetryBatch.BaseUnixMs"/> was, by the clock that nobody sets; null when the device has been booted since.</param>
/// <param name="TrueBaseUnixMs">When the device has been booted since: what <see cref="TelemetryBatch.BaseUnixMs"/> should have been, as it found out before that boot ended; null when it never did.</param>
public sealed record SendStamp(long SentAtUnixMs, ClockQuality Clock, long? AgeMs, long? TrueBaseUnixMs = null)
{
    internal static SendStamp Read(WireReader reader)
    {
        long sentAt = 0;
        ClockQuality clock = ClockQuality.Unknown;
        long? age = null, trueBase = null;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: sentAt = reader.ReadInt64(); return true;
                case 2: clock = reader.ReadEnum<ClockQuality>(); return true;
                case 3: age = reader.ReadInt64(); return true;
                case 4: trueBase = reader.ReadInt64(); return true;
                default: return false;
            }
        });
        return new SendStamp(sentAt, clock, age, trueBase);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, SentAtUnixMs);
        map.Field(2, (int)Clock);
        if (AgeMs is long age)
        {
            map.Field(3, age);
        }

        if (TrueBaseUnixMs is long trueBase)
        {
            map.Field(4, trueBase);
        }
    });
}

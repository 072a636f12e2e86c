using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.ControlPlane.Host.Storage.Telemetry;

/// <summary>What is added to the times of a batch, and how far they can be believed then.</summary>
/// <param name="ShiftMs">Milliseconds.</param>
/// <param name="Mark">How far.</param>
internal readonly record struct ClockCorrection(long ShiftMs, TimeMark Mark)
{
    // What a network takes, and what nobody minds.
    private const long ToleranceMs = 2_000;

    /// <summary>
    /// A synchronised clock is taken at its word. Otherwise the batch's age, by a clock that nobody sets, places it before the moment
    /// in which it arrived; or the device found out later, within the same boot, when that had begun.
    /// </summary>
    internal static ClockCorrection Of(TelemetryBatch batch, long receivedMs)
    {
        switch (batch.Clock)
        {
            case ClockQuality.Unknown:
                return new ClockCorrection(0, TimeMark.Unknown);
            case ClockQuality.Synchronised:
                return new ClockCorrection(0, TimeMark.Synchronised);
            default:
                break;
        }

        long? trueBase = batch.Stamp switch
        {
            { AgeMs: >= 0 and long age } when age <= receivedMs => receivedMs - age,
            { AgeMs: null, TrueBaseUnixMs: > 0 and long known } when known <= receivedMs + ToleranceMs => known,
            _ => null,
        };
        if (trueBase is long at)
        {
            long shift = Add(at, batch.BaseUnixMs == long.MinValue ? long.MaxValue : -batch.BaseUnixMs);
            return new ClockCorrection(Math.Abs((double)shift) <= ToleranceMs ? 0 : shift, TimeMark.Corrected);
        }

        return new ClockCorrection(0, batch.Clock == ClockQuality.NotSet ? TimeMark.NotSet : TimeMark.Unsynchronised);
    }

    /// <summary>A time of the device as it is kept.</summary>
    internal long Apply(long atMs) => Add(atMs, ShiftMs);

    /// <summary>A device may state any number: what does not fit becomes the nearest that does.</summary>
    private static long Add(long a, long b)
    {
        long sum = unchecked(a + b);
        return ((a ^ sum) & (b ^ sum)) >= 0 ? sum : a < 0 ? long.MinValue : long.MaxValue;
    }
}

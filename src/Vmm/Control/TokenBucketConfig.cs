namespace MicroVm.Vmm.Control;

/// <summary>
/// One token bucket: <paramref name="Size"/> tokens (bytes or operations) that come back over <paramref name="RefillTimeMs"/>
/// milliseconds, and <paramref name="OneTimeBurst"/> tokens that are there once. A size or refill time of 0 is no limit.
/// </summary>
internal sealed record TokenBucketConfig(ulong Size, ulong? OneTimeBurst, ulong RefillTimeMs)
{
    /// <summary>False for the bucket that stands for "no limit".</summary>
    internal bool IsLimit => Size != 0 && RefillTimeMs != 0;
}

namespace MicroVm.Vmm.Control;

/// <summary>Limits of a device's traffic: bytes, operations, or both; null is no limit (in an update: no change).</summary>
internal sealed record RateLimiterConfig(TokenBucketConfig? Bandwidth, TokenBucketConfig? Ops)
{
    /// <summary>The limits after an update.</summary>
    internal static RateLimiterConfig? Merge(RateLimiterConfig? limits, RateLimiterConfig? update) =>
        update is null ? limits : new RateLimiterConfig(update.Bandwidth ?? limits?.Bandwidth, update.Ops ?? limits?.Ops);
}

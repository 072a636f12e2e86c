namespace MicroVm.Vmm.Control;

/// <summary>Limits of a device's traffic: bytes, operations, or both; null is no limit (in an update: no change).</summary>
internal sealed record RateLimiterConfig(TokenBucketConfig? Bandwidth, TokenBucketConfig? Ops);

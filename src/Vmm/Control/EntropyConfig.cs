namespace MicroVm.Vmm.Control;

/// <summary>The entropy device and how much it may give.</summary>
internal sealed record EntropyConfig(RateLimiterConfig? RateLimiter = null);

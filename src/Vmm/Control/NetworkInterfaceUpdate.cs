namespace MicroVm.Vmm.Control;

/// <summary>A change of a network interface's limits; null where they stay.</summary>
internal sealed record NetworkInterfaceUpdate(string IfaceId, RateLimiterConfig? RxRateLimiter, RateLimiterConfig? TxRateLimiter);

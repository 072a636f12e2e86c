namespace MicroVm.Vmm.Control;

/// <summary>A change of a drive; path and limits are null where they stay.</summary>
internal sealed record DriveUpdate(string DriveId, string? PathOnHost, RateLimiterConfig? RateLimiter);

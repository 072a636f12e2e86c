namespace MicroVm.Vmm.Control;

/// <summary>One drive: a raw file or block device of the host.</summary>
internal sealed record DriveConfig(
    string DriveId,
    string PathOnHost,
    bool IsRootDevice,
    bool IsReadOnly,
    string? PartUuid = null,
    DriveCacheType CacheType = DriveCacheType.Unsafe,
    DriveIoEngine IoEngine = DriveIoEngine.Sync,
    RateLimiterConfig? RateLimiter = null);

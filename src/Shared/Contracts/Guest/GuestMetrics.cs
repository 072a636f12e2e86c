using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>Guest to host: how the guest is from inside. Sent every <see cref="PeriodSeconds"/> while the workload runs; only the newest counts.</summary>
/// <param name="MemoryTotalBytes">Memory that the guest's kernel manages.</param>
/// <param name="MemoryAvailableBytes">What could still be had of it (<c>MemAvailable</c> of proc(5)).</param>
/// <param name="LoadPermille">Load average of a minute; 1,000 is one runnable task.</param>
/// <param name="DiskTotalBytes">Size of all volumes.</param>
/// <param name="DiskUsedBytes">What is used of them.</param>
/// <param name="OutOfMemoryKills">Processes that the kernel killed for want of memory since the guest started.</param>
public sealed record GuestMetrics(
    ulong MemoryTotalBytes, ulong MemoryAvailableBytes, int LoadPermille, ulong DiskTotalBytes, ulong DiskUsedBytes, ulong OutOfMemoryKills)
    : GuestMessage
{
    /// <summary>Seconds between two.</summary>
    public const int PeriodSeconds = 5;

    internal override int Kind => 10;

    internal override void WriteFields(WireWriter map)
    {
        map.Field(1, MemoryTotalBytes);
        map.Field(2, MemoryAvailableBytes);
        map.Field(3, LoadPermille);
        map.Field(4, DiskTotalBytes);
        map.Field(5, DiskUsedBytes);
        map.Field(6, OutOfMemoryKills);
    }
}

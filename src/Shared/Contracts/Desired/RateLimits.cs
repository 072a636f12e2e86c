using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>What a VM may use of the device's disk and network; 0 is no limit.</summary>
/// <param name="DiskBytesPerSecond">Bytes a second of each of its disks.</param>
/// <param name="DiskOperationsPerSecond">Requests a second of each of its disks.</param>
/// <param name="NetworkBytesPerSecond">Bytes a second, in each direction.</param>
public sealed record RateLimits(long DiskBytesPerSecond = 0, long DiskOperationsPerSecond = 0, long NetworkBytesPerSecond = 0)
{
    /// <summary>No limit at all.</summary>
    public static RateLimits None { get; } = new();

    internal static RateLimits Read(WireReader reader)
    {
        RateLimits limits = None;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: limits = limits with { DiskBytesPerSecond = ReadLimit(reader) }; return true;
                case 2: limits = limits with { DiskOperationsPerSecond = ReadLimit(reader) }; return true;
                case 3: limits = limits with { NetworkBytesPerSecond = ReadLimit(reader) }; return true;
                default: return false;
            }
        });
        return limits;
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, DiskBytesPerSecond);
        map.Field(2, DiskOperationsPerSecond);
        map.Field(3, NetworkBytesPerSecond);
    });

    private static long ReadLimit(WireReader reader) => reader.ReadInt64() switch
    {
        < 0 and long found => throw reader.Fault("a limit of at least 0", $"{found}"),
        long limit => limit,
    };
}

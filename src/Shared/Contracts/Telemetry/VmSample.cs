using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>One look at one VM, from outside.</summary>
/// <param name="AtUnixMs">When, in milliseconds since 1970 by the device's clock.</param>
/// <param name="Name">The VM.</param>
/// <param name="CpuPermille">Processor time of the VMM since the sample before; 1,000 is one processor.</param>
/// <param name="ResidentBytes">Resident memory of the VMM process, guest memory included.</param>
/// <param name="Phase">Where the VM was.</param>
public sealed record VmSample(long AtUnixMs, ResourceName Name, int CpuPermille, ulong ResidentBytes, VmPhase Phase)
{
    /// <summary>Memory that the guest's kernel manages; 0 when the guest did not say.</summary>
    public ulong GuestMemoryBytes { get; init; }

    /// <summary>What could still be had of it.</summary>
    public ulong GuestAvailableBytes { get; init; }

    /// <summary>Load average of a minute in the guest; 1,000 is one runnable task.</summary>
    public int GuestLoadPermille { get; init; }

    /// <summary>Size of its volumes.</summary>
    public ulong VolumeBytes { get; init; }

    /// <summary>What is used of them.</summary>
    public ulong VolumeUsedBytes { get; init; }

    /// <summary>Lines that the workload wrote to standard error since the sample before.</summary>
    public int ErrorLines { get; init; }

    /// <summary>Memory that the balloon holds back from the guest, in MiB.</summary>
    public int BalloonMib { get; init; }

    /// <summary>Bytes that the device's disks had to read for it. A counter, as the three below: it rises, and begins anew now and then.</summary>
    public ulong BlockReadBytes { get; init; }

    /// <summary>Bytes that the device's disks have to write for it.</summary>
    public ulong BlockWrittenBytes { get; init; }

    /// <summary>Bytes that the guest received from the network.</summary>
    public ulong NetworkReceivedBytes { get; init; }

    /// <summary>Bytes that the guest sent to the network.</summary>
    public ulong NetworkSentBytes { get; init; }

    /// <summary>How often it was started again since its specification changed.</summary>
    public int Restarts { get; init; }

    /// <summary>How often its processors left the guest since it was started; 0 where the device does not count.</summary>
    public ulong Exits { get; init; }

    internal static VmSample Read(WireReader reader)
    {
        long at = 0;
        ResourceName name = default;
        int cpu = 0;
        ulong resident = 0;
        VmPhase phase = VmPhase.Pending;
        ulong memory = 0, available = 0, volumes = 0, used = 0;
        int load = 0, errors = 0;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: at = reader.ReadInt64(); return true;
                case 2: name = reader.ReadParsed(ResourceName.Parse); return true;
                case 3: cpu = reader.ReadInt32(0); return true;
                case 4: resident = reader.ReadUInt64(); return true;
                case 5: phase = reader.ReadEnum<VmPhase>(); return true;
                case 6: memory = reader.ReadUInt64(); return true;
                case 7: available = reader.ReadUInt64(); return true;
                case 8: load = reader.ReadInt32(0); return true;
                case 9: volumes = reader.ReadUInt64(); return true;
                case 10: used = reader.ReadUInt64(); return true;
                case 11: errors = reader.ReadInt32(0); return true;
                default: return false;
            }
        });
        return name == default
            ? throw reader.Fault("a VM name (key 2)", "none")
            : new VmSample(at, name, cpu, resident, phase)
            {
                GuestMemoryBytes = memory,
                GuestAvailableBytes = available,
                GuestLoadPermille = load,
                VolumeBytes = volumes,
                VolumeUsedBytes = used,
                ErrorLines = errors,
            };
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, AtUnixMs);
        map.Field(2, Name.Value);
        map.Field(3, CpuPermille);
        map.Field(4, ResidentBytes);
        map.Field(5, (int)Phase);
        WriteUnlessZero(map, 6, GuestMemoryBytes);
        WriteUnlessZero(map, 7, GuestAvailableBytes);
        WriteUnlessZero(map, 8, (ulong)GuestLoadPermille);
        WriteUnlessZero(map, 9, VolumeBytes);
        WriteUnlessZero(map, 10, VolumeUsedBytes);
        WriteUnlessZero(map, 11, (ulong)ErrorLines);
    });

    private static void WriteUnlessZero(WireWriter map, int key, ulong value)
    {
        if (value != 0)
        {
            map.Field(key, value);
        }
    }
}

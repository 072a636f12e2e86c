using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Reported;

/// <summary>What the device has.</summary>
/// <param name="CpuCount">Logical processors.</param>
/// <param name="MemoryBytes">Physical memory.</param>
/// <param name="DiskBytes">Size of the file system that holds the agent's data.</param>
public sealed record DeviceCapacity(int CpuCount, ulong MemoryBytes, ulong DiskBytes)
{
    internal static DeviceCapacity Read(WireReader reader)
    {
        int cpus = 0;
        ulong memory = 0, disk = 0;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: cpus = reader.ReadInt32(0); return true;
                case 2: memory = reader.ReadUInt64(); return true;
                case 3: disk = reader.ReadUInt64(); return true;
                default: return false;
            }
        });
        return new DeviceCapacity(cpus, memory, disk);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, CpuCount);
        map.Field(2, MemoryBytes);
        map.Field(3, DiskBytes);
    });
}

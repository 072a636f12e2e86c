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
    internal static VmSample Read(WireReader reader)
    {
        long at = 0;
        ResourceName name = default;
        int cpu = 0;
        ulong resident = 0;
        VmPhase phase = VmPhase.Pending;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: at = reader.ReadInt64(); return true;
                case 2: name = reader.ReadParsed(ResourceName.Parse); return true;
                case 3: cpu = reader.ReadInt32(0); return true;
                case 4: resident = reader.ReadUInt64(); return true;
                case 5: phase = reader.ReadEnum<VmPhase>(); return true;
                default: return false;
            }
        });
        return name == default ? throw reader.Fault("a VM name (key 2)", "none") : new VmSample(at, name, cpu, resident, phase);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, AtUnixMs);
        map.Field(2, Name.Value);
        map.Field(3, CpuPermille);
        map.Field(4, ResidentBytes);
        map.Field(5, (int)Phase);
    });
}

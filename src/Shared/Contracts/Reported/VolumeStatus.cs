using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Reported;

/// <summary>A volume on the device's disk.</summary>
/// <param name="Vm">The VM that it belongs to, whether the device still has it or not.</param>
/// <param name="Name">Its name.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="AllocatedBytes">What it took of the disk when this was made.</param>
/// <param name="IsDesired">A VM of the desired state has it; what is not so was left over and may be deleted. Written when true.</param>
public sealed record VolumeStatus(ResourceName Vm, ResourceName Name, ulong SizeBytes, ulong AllocatedBytes, bool IsDesired)
{
    /// <summary>Most volumes that are reported.</summary>
    public const int Most = 1024;

    /// <summary>True when the other is this one in all that does not change by itself.</summary>
    public bool IsSameAs(VolumeStatus other) => this == other with { AllocatedBytes = AllocatedBytes };

    internal static VolumeStatus Read(WireReader reader)
    {
        ResourceName vm = default, name = default;
        ulong size = 0, allocated = 0;
        bool desired = false;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: vm = reader.ReadParsed(ResourceName.Parse); return true;
                case 2: name = reader.ReadParsed(ResourceName.Parse); return true;
                case 3: size = reader.ReadUInt64(); return true;
                case 4: allocated = reader.ReadUInt64(); return true;
                case 5: desired = reader.ReadBoolean(); return true;
                default: return false;
            }
        });
        return vm == default || name == default
            ? throw reader.Fault("a VM and a name (keys 1 and 2)", "not both of them")
            : new VolumeStatus(vm, name, size, allocated, desired);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, Vm.Value);
        map.Field(2, Name.Value);
        map.Field(3, SizeBytes);
        map.Field(4, AllocatedBytes);
        if (IsDesired)
        {
            map.Field(5, IsDesired);
        }
    });
}

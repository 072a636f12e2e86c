using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>
/// A persistent ext4 volume of the device in a guest. It is named on the device by its VM and its own name, made when it is
/// first needed, kept when the VM is replaced or removed, and deleted only when an operator asks.
/// </summary>
/// <param name="Name">Name, unique within the VM.</param>
/// <param name="SizeMib">Size of the file system's device in MiB, <see cref="MinSizeMib"/> to <see cref="MaxSizeMib"/>; it may grow, never shrink.</param>
/// <param name="Path">Absolute path in the guest.</param>
/// <param name="ReadOnly">The guest may only read.</param>
public sealed record VolumeMount(ResourceName Name, int SizeMib, string Path, bool ReadOnly = false)
{
    /// <summary>Least and most size in MiB.</summary>
    public const int MinSizeMib = 8, MaxSizeMib = 4 << 20;

    internal static VolumeMount Read(WireReader reader)
    {
        ResourceName name = default;
        int size = 0;
        string path = "";
        bool readOnly = false;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: name = reader.ReadParsed(ResourceName.Parse); return true;
                case 2: size = reader.ReadInt32(MinSizeMib, MaxSizeMib); return true;
                case 3: path = GuestPath.Read(reader); return true;
                case 4: readOnly = reader.ReadBoolean(); return true;
                default: return false;
            }
        });
        return name == default || size == 0 || path.Length == 0
            ? throw reader.Fault("a name, a size and a path (keys 1 to 3)", "not all of them")
            : new VolumeMount(name, size, path, readOnly);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, Name.Value);
        map.Field(2, SizeMib);
        map.Field(3, Path);
        if (ReadOnly)
        {
            map.Field(4, ReadOnly);
        }
    });
}

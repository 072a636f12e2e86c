using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>A file system in the guest's memory.</summary>
/// <param name="Path">Absolute path in the guest.</param>
/// <param name="SizeMib">Most that it may hold in MiB, 1 to <see cref="VmSpec.MaxMemoryMib"/>.</param>
public sealed record TmpfsMount(string Path, int SizeMib)
{
    internal static TmpfsMount Read(WireReader reader)
    {
        string path = "";
        int size = 0;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: path = GuestPath.Read(reader); return true;
                case 2: size = reader.ReadInt32(1, VmSpec.MaxMemoryMib); return true;
                default: return false;
            }
        });
        return size == 0 || path.Length == 0
            ? throw reader.Fault("a path and a size (keys 1 and 2)", "not both")
            : new TmpfsMount(path, size);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, Path);
        map.Field(2, SizeMib);
    });
}

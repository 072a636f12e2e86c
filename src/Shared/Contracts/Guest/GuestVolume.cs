using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>An ext4 volume to mount.</summary>
/// <param name="Device">Its block device, such as <c>/dev/vdb</c>.</param>
/// <param name="Path">Where to.</param>
/// <param name="ReadOnly">Only for reading.</param>
public sealed record GuestVolume(string Device, string Path, bool ReadOnly)
{
    internal static GuestVolume Read(WireReader reader)
    {
        string device = "", path = "";
        bool readOnly = false;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: device = reader.ReadText(); return true;
                case 2: path = GuestPath.Read(reader); return true;
                case 3: readOnly = reader.ReadBoolean(); return true;
                default: return false;
            }
        });
        return device.Length == 0 || path.Length == 0
            ? throw reader.Fault("a device and a path (keys 1 and 2)", "not both")
            : new GuestVolume(device, path, readOnly);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, Device);
        map.Field(2, Path);
        map.Field(3, ReadOnly);
    });
}

using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Control.Requests;

/// <summary>Reads "vsock".</summary>
internal static class VsockConfigReader
{
    private const int MaxIdBytes = 64;

    private static readonly string[] s_fields = ["guest_cid", "uds_path", "vsock_id"];

    /// <exception cref="VmConfigException">A field is unknown, twice, missing, or out of range.</exception>
    internal static VsockConfig Read(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        string? path = null, guestCid = null;
        uint cid = 0;
        while (cursor.NextField(ref scope, s_fields, out string name))
        {
            switch (name)
            {
                case "guest_cid":
                    guestCid = name;
                    cid = (uint)cursor.ReadInteger(VsockConfig.MinGuestCid, VsockConfig.MaxGuestCid);
                    break;
                case "uds_path":
                    path = cursor.ReadString(SockAddrUn.MaxPathBytes);
                    break;
                default:
                    // Deprecated in Firecracker's API and without effect there, too.
                    cursor.ReadStringOrNull(MaxIdBytes);
                    break;
            }
        }

        cursor.Required(guestCid, scope, "guest_cid");
        return new VsockConfig(cid, cursor.Required(path, scope, "uds_path"));
    }
}

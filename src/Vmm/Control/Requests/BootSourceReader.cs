namespace MicroVm.Vmm.Control.Requests;

/// <summary>Reads "boot-source".</summary>
internal static class BootSourceReader
{
    private const int MaxBootArgsBytes = 4096;

    private static readonly string[] s_fields = ["kernel_image_path", "initrd_path", "boot_args"];

    /// <exception cref="VmConfigException">A field is unknown, twice, missing, or malformed.</exception>
    internal static BootSource Read(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        string? kernel = null, initrd = null, bootArgs = null;
        while (cursor.NextField(ref scope, s_fields, out string name))
        {
            switch (name)
            {
                case "kernel_image_path":
                    kernel = cursor.ReadString(HostPath.MaxBytes);
                    break;
                case "initrd_path":
                    initrd = cursor.ReadStringOrNull(HostPath.MaxBytes);
                    break;
                default:
                    bootArgs = cursor.ReadStringOrNull(MaxBootArgsBytes);
                    break;
            }
        }

        return new BootSource(cursor.Required(kernel, scope, "kernel_image_path"), initrd, bootArgs);
    }
}

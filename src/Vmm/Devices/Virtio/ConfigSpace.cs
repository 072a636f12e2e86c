namespace MicroVm.Vmm.Devices.Virtio;

/// <summary>Reads from a device's configuration space at any offset and size.</summary>
internal static class ConfigSpace
{
    /// <summary>Copies what exists at <paramref name="offset"/>; the rest of <paramref name="data"/> becomes zeros.</summary>
    internal static void Read(ReadOnlySpan<byte> space, uint offset, Span<byte> data)
    {
        data.Clear();
        if (offset < (uint)space.Length)
        {
            ReadOnlySpan<byte> rest = space[(int)offset..];
            rest[..Math.Min(rest.Length, data.Length)].CopyTo(data);
        }
    }
}

namespace MicroVm.Vmm.Guest.Interop;

/// <summary><c>struct statx</c> of <c>&lt;linux/stat.h&gt;</c>: 256 bytes, the same on every architecture.</summary>
internal unsafe struct FileStatus
{
    /// <summary>STATX_BASIC_STATS.</summary>
    internal const uint Basic = 0x7FF;

    internal uint Mask;
    internal uint BlockSize;
    internal ulong Attributes;
    internal uint Links;
    internal uint Uid;
    internal uint Gid;
    internal ushort Mode;
    internal fixed byte Rest[226];

    /// <summary>What is at a path, following links; false when nothing is.</summary>
    internal static bool TryRead(string path, out FileStatus status)
    {
        FileStatus found;
        // SAFETY: the kernel writes at most one structure.
        bool isThere = Libc.statx(-1, path, 0, Basic, &found) == 0;
        status = isThere ? found : default;
        return isThere;
    }
}

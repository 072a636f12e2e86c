namespace MicroVm.Vmm.Guest.Interop;

/// <summary><c>struct statfs</c> of <c>&lt;sys/statfs.h&gt;</c>: 120 bytes on x86_64 and aarch64.</summary>
internal unsafe struct FileSystemStatus
{
    internal long Type;
    internal long BlockSize;
    internal ulong Blocks;
    internal ulong BlocksFree;
    internal ulong BlocksAvailable;
    internal ulong Files;
    internal ulong FilesFree;
    internal fixed byte Rest[64];
}

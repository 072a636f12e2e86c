using System.Runtime.InteropServices;

namespace MicroVm.EdgeAgent.Interop;

/// <summary><c>struct statvfs</c> of glibc on 64-bit Linux (<c>bits/statvfs.h</c>), with room behind it.</summary>
[StructLayout(LayoutKind.Sequential, Size = 112)]
internal struct StatVfs
{
    internal ulong BlockSize;
    internal ulong FragmentSize;
    internal ulong Blocks;
    internal ulong BlocksFree;
    internal ulong BlocksAvailable;
}

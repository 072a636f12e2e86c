using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Devices.Virtio.Queue;

/// <summary><c>struct virtq_desc</c>, virtio 1.2 section 2.7.5: sixteen bytes the guest owns, always handled as a copy.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Descriptor
{
    internal const int SizeBytes = 16;
    internal const ushort FlagNext = 1;
    internal const ushort FlagWrite = 2;
    internal const ushort FlagIndirect = 4;

    internal ulong Address;
    internal uint Length;
    internal ushort Flags;
    internal ushort Next;

    internal readonly bool HasNext => (Flags & FlagNext) != 0;

    internal readonly bool IsWritable => (Flags & FlagWrite) != 0;

    internal readonly bool IsIndirect => (Flags & FlagIndirect) != 0;
}

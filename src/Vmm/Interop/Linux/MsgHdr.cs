namespace MicroVm.Vmm.Interop.Linux;

/// <summary><c>struct msghdr</c> of <c>&lt;sys/socket.h&gt;</c>, as the 64-bit ABIs have it.</summary>
internal unsafe struct MsgHdr
{
    internal void* Name;
    internal uint NameLength;
    internal IoVec* Vectors;
    internal nuint VectorCount;
    internal void* Control;
    internal nuint ControlLength;
    internal int Flags;
}

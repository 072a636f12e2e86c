namespace MicroVm.Vmm.Guest.Interop;

/// <summary><c>struct ifreq</c> of <c>&lt;net/if.h&gt;</c> with its flags member: 40 bytes.</summary>
internal unsafe struct InterfaceRequest
{
    internal fixed byte Name[16];
    internal short Flags;
    internal fixed byte Rest[22];
}

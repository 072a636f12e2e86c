namespace MicroVm.Vmm.Interop.Linux;

/// <summary><c>struct sock_filter</c>: one instruction of classic BPF.</summary>
internal struct SockFilter
{
    internal ushort Code;
    internal byte JumpTrue;
    internal byte JumpFalse;
    internal uint Operand;
}

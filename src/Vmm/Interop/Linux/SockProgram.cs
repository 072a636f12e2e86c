namespace MicroVm.Vmm.Interop.Linux;

/// <summary><c>struct sock_fprog</c>: a program of classic BPF.</summary>
internal unsafe struct SockProgram
{
    internal ushort Length;
    internal SockFilter* Filter;
}

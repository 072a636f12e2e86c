namespace MicroVm.Vmm.Interop.Linux;

/// <summary><c>struct iovec</c> of <c>&lt;sys/uio.h&gt;</c>.</summary>
internal unsafe struct IoVec
{
    internal void* Base;
    internal nuint Length;
}

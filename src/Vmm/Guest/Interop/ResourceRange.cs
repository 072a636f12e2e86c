namespace MicroVm.Vmm.Guest.Interop;

/// <summary><c>struct rlimit</c> of <c>&lt;sys/resource.h&gt;</c>; all ones is no limit.</summary>
internal struct ResourceRange
{
    internal ulong Soft;
    internal ulong Hard;
}

using System.Runtime.InteropServices;

namespace MicroVm.Vmm.Interop.Kvm;

/// <summary><c>struct kvm_signal_mask</c> with the kernel's eight-byte signal set behind it.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct KvmSignalMask
{
    internal uint Length;
    internal ulong SignalSet;
}

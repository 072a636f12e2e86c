namespace MicroVm.Vmm.Interop.Kvm;

/// <summary><c>struct kvm_irqfd</c>.</summary>
internal unsafe struct KvmIrqfd
{
    internal uint Fd;
    internal uint Gsi;
    internal uint Flags;
    internal uint ResampleFd;
    private fixed byte _padding[16];
}

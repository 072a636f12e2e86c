namespace MicroVm.Vmm.Interop.Kvm;

/// <summary><c>struct kvm_ioeventfd</c>.</summary>
internal unsafe struct KvmIoeventfd
{
    /// <summary>KVM_IOEVENTFD_FLAG_DATAMATCH.</summary>
    internal const uint FlagDataMatch = 1;

    internal ulong DataMatch;
    internal ulong Address;
    internal uint Length;
    internal int Fd;
    internal uint Flags;
    private fixed byte _padding[36];
}

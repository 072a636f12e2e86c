namespace MicroVm.Vmm.Interop.Kvm;

/// <summary><c>struct kvm_msi</c>: one message-signalled interrupt.</summary>
internal unsafe struct KvmMsi
{
    internal uint AddressLow;
    internal uint AddressHigh;
    internal uint Data;
    internal uint Flags;
    internal uint DeviceId;
    private fixed byte _padding[12];
}

namespace MicroVm.Vmm.Interop.Kvm.Arm64;

/// <summary><c>struct kvm_one_reg</c>: a register's number, and where its value is.</summary>
internal struct KvmOneReg
{
    internal ulong Id;
    internal ulong Address;
}

namespace MicroVm.Vmm.Interop.Kvm;

/// <summary>Numbers for KVM_CHECK_EXTENSION.</summary>
internal enum KvmCapability
{
    UserMemory = 3,
    SetTssAddress = 4,
    ExtCpuid = 7,
    NrVcpus = 9,
    CoalescedMmio = 15,
    Ioeventfd = 36,
    SetIdentityMapAddress = 37,
    MaxVcpus = 66,
    OneReg = 70,
    TscDeadlineTimer = 72,
    SignalMsi = 77,
    DeviceControl = 89,
    ArmPsci02 = 102,
    SplitIrqchip = 121,
    ImmediateExit = 136,
    ArmVmIpaSize = 165,
    ArmNisvToUser = 177,
}

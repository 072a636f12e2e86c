namespace MicroVm.Vmm.Interop.Kvm;

/// <summary><c>kvm_run.exit_reason</c>: why KVM_RUN came back.</summary>
internal enum KvmExitReason : uint
{
    Unknown = 0,
    Exception = 1,
    Io = 2,
    Hypercall = 3,
    Debug = 4,
    Halt = 5,
    Mmio = 6,
    InterruptWindowOpen = 7,
    Shutdown = 8,
    FailEntry = 9,
    Interrupted = 10,
    InternalError = 17,
    SystemEvent = 24,
    IoApicEoi = 26,
    ArmNoSyndrome = 28,
}
